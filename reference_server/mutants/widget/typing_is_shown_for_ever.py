"""Typing is shown for ever."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-7",
    "whoever typed once is shown typing until a message comes",
    shows="after the last sign of it: wanted False; got True",
)
class TypingIsShownForEver(Edited):
    file = "people.js"
    old = "setTimeout(() => this.typed(id), this.typingShown * 1000)"
    new = "setTimeout(() => reached(), this.typingShown * 1000)"
