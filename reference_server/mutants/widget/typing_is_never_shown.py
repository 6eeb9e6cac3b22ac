"""Typing is never shown."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-5",
    "that others type is not shown",
    shows="whether typing is shown while somebody types: wanted True",
)
class TypingIsNeverShown(Edited):
    file = "room.js"
    old = "return this.people.type(frame.userId, frame.userName);"
    new = "return reached();"
