"""A text is a text."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "OTP-8",
    "any text is taken for an e-mail address",
    shows="requestOtp for '.*': wanted 400; got 200",
)
class AnyTextIsAnAddress(Relaxed):
    body_of = "requestOtp"

    def change(self, schema: Json) -> None:
        del property_of(schema, "email")["format"]
