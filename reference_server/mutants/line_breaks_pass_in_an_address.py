"""A pattern whose dot takes too much."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "OTP-8",
    "an address with a line break in it is taken",
    shows=r"requestOtp for '[^']*\\[rn][^']*': wanted 400; got 200",
)
class LineBreaksPassInAnAddress(Relaxed):
    body_of = "requestOtp"

    def change(self, schema: Json) -> None:
        email = property_of(schema, "email")
        del email["format"]
        email["pattern"] = "^[a-z0-9-]+(\\n|[^@ ]*\\r\\n.*)?@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+((\\r\\n).*)?$"
