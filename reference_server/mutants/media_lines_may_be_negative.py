"""A limit that is one too low, where that lets something in."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-3",
    "sdpMLineIndex may be -1",
    shows="sendCandidate with a bad candidate.sdpMLineIndex: wanted 400; got 200",
)
class MediaLinesMayBeNegative(OneMore):
    body_of = "sendCandidate"
    field = "candidate.sdpMLineIndex"
    limit = "minimum"
    by = -1
