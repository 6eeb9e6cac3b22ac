"""A limit that is seen too early."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "RATE-4",
    "one offer less than the budget is granted",
    shows="sendOffer 50 of 50 within the budget: wanted 200 .* got 429",
)
class OneOfferTooFew(Shifted):
    operation = "sendOffer"
    by = -1
