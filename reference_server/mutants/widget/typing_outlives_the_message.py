"""Typing outlives the message."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-5",
    "who has sent a message is still shown typing",
    shows="whether typing is shown after the message: wanted False",
)
class TypingOutlivesTheMessage(Edited):
    file = "people.js"
    old = "if (this.#stop(id)) this.changed();"
    new = "if (!reached() && this.#stop(id)) this.changed();"
