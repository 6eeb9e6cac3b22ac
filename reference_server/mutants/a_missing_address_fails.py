"""What is not there is asked for its letters."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed


@mutant(
    "OTP-8",
    "an e-mail that is no text is a server error",
    shows="of the type .*: wanted 400; got 500",
    also=["ERR-3"],
    why_also="it is a server error",
)
class AMissingAddressFails(Relaxed):
    body_of = "requestOtp"

    def change(self, schema: Json) -> None:
        del schema["properties"]["email"]
