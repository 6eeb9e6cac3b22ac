"""A constant that is not compared."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant("VAL-4", "`type` of an offer may be anything", shows="sendOffer with a bad type: wanted 400; got 200")
class TheTypeIsNotLookedAt(Relaxed):
    body_of = "sendOffer"

    def change(self, schema: Json) -> None:
        property_of(schema, "type").pop("const")
