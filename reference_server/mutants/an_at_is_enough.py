"""A test for the sign and no more."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "OTP-8",
    "whatever has an @ in it is taken for an e-mail address",
    shows="requestOtp for '.*': wanted 400; got 200",
)
class AnAtIsEnough(Relaxed):
    body_of = "requestOtp"

    def change(self, schema: Json) -> None:
        email = property_of(schema, "email")
        del email["format"]
        email["pattern"] = "^.+@.+$"
