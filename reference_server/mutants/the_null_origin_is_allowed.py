"""An origin that is none."""

from __future__ import annotations

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-5",
    "the origin `null` is allowed",
    shows="Access-Control-Allow-Origin for null: wanted anything but 'null'; got 'null'",
)
class TheNullOriginIsAllowed(Reaching, Cors):
    def fields(self, origin: bytes | None) -> bytes:
        if origin == b"null":
            self.reached()
            return b"access-control-allow-origin: null\r\naccess-control-allow-credentials: true\r\n"
        return super().fields(origin)
