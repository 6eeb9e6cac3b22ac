"""A limit that is passed before it is seen."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "RATE-4",
    "one offer more than the budget is granted",
    shows="sendOffer: wanted 429; got 200",
    also=["RATE-7"],
    why_also="it spends this budget to its end",
)
class OneOfferTooMany(Shifted):
    operation = "sendOffer"
