"""Typing names nobody."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-2",
    "a typing frame lacks its userId",
    shows="typing: .*userId",
)
class TypingNamesNobody(Edited):
    file = "frames.js"
    old = 'typing = () => this.#user("typing");'
    new = 'typing = () => ({ ...this.#user("typing"), userId: reached() ? undefined : null });'
