"""What was sealed is not measured."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-5",
    "a sealed message may be as long as it likes",
    shows="what is shown of the over-long ones: wanted",
)
class WhatWasSealedIsNotMeasured(Edited):
    file = "room.js"
    old = "return text !== null && contentComplaint(text, this.protocol) === null ? text : null;"
    new = "return reached() && text;"
