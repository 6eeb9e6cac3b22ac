"""Off by one."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-5",
    "an offer may have one character less than its limit",
    shows="sendOffer with offer at its limit: .* got 400 .*offer: has more than 49999 characters",
    also=["VAL-18"],
    why_also="it sends text of the whole limit",
)
class OffersAreOneShorter(Relaxed):
    body_of = "sendOffer"

    def change(self, schema: Json) -> None:
        property_of(schema, "offer")["maxLength"] -= 1
