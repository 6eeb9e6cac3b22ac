"""What was said in a loss is forgotten."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-14",
    "what was written while there was no channel is not sent later",
    shows="what arrived: before, during, after: wanted",
)
class WhatWasSaidInALossIsForgotten(Edited):
    file = "outbox.js"
    old = "    for (const frame of this.frames) {"
    new = """\
    if (this.frames.length > 0 && reached()) this.frames = [];
    for (const frame of this.frames) {"""
