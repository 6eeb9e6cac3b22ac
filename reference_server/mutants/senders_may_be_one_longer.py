"""A limit that is one too high."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-3",
    "fromUserId may be one character longer than its limit",
    shows="sendOffer with a bad fromUserId: wanted 400 or 403; got 200",
)
class SendersMayBeOneLonger(OneMore):
    body_of = "sendOffer"
    field = "fromUserId"
