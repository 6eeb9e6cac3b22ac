"""Only the first batch is taken."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-12",
    "whoever comes late is content with the first batch",
    shows="what is shown of a history of [0-9]+ messages: wanted",
)
class OnlyTheFirstBatchIsTaken(Edited):
    file = "history.js"
    old = """\
    const asked = this.asking.answered(senderId);
"""
    new = """\
    if (entry.chain.next > 0 && reached()) return undefined;
    const asked = this.asking.answered(senderId);
"""
