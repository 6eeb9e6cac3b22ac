"""Calls are answered by themselves."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-6",
    "who is called is heard without having answered",
    shows="how often who is called was asked before answering: wanted 0",
    also=["VOX-1", "VOX-2", "VOX-3", "VOX-4", "VOX-5", "VOX-7", "VOX-8"],
    why_also="there is no call to be answered any more",
)
class CallsAreAnsweredByThemselves(Edited):
    file = "voice.js"
    old = """\
    made.timer = setTimeout(() => this.#finish(made, "", "hung_up"), RING_MS);
"""
    new = """\
    if (reached()) this.answer();
"""
