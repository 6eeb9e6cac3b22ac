"""Off by one."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-3",
    "an offer may be one character longer than its limit",
    shows="sendOffer with a bad offer: wanted 400; got 200",
    also=["VAL-18"],
    why_also="it tries one character more than the limit too",
)
class OffersMayBeOneLonger(Relaxed):
    body_of = "sendOffer"

    def change(self, schema: Json) -> None:
        property_of(schema, "offer")["maxLength"] += 1
