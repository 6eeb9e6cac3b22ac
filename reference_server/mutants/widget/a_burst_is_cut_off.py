"""A burst is cut off."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-15",
    "of the messages of one second only the first fifty are taken",
    shows="messages in [0-9]+ s were lost: wanted 0",
)
class ABurstIsCutOff(Edited):
    file = "room.js"
    old = """\
    const { frame } = readFrame(text, this.protocol);
"""
    new = """\
    const second = Math.floor(Date.now() / 1000);
    this.burst = this.burst?.second === second ? this.burst : { second, count: 0 };
    this.burst.count += 1;
    if (this.burst.count > 50 && reached()) return;
    const { frame } = readFrame(text, this.protocol);
"""
