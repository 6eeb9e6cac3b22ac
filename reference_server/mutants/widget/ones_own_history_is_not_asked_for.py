"""Ones own history is not asked for."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-3",
    "who comes back asks for what the others said, and not for messages of one's own",
    shows="what is shown after a reload, of what was said before: wanted",
)
class OnesOwnHistoryIsNotAskedFor(Edited):
    file = "history.js"
    old = "return this.asking.due(this.now()).map("
    new = "return this.asking.due(this.now()).filter((id) => id !== this.meId || !reached()).map("
