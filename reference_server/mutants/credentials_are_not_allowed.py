"""An origin that may look and not touch."""

from __future__ import annotations

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-2",
    "an allowed origin is echoed without Access-Control-Allow-Credentials",
    shows="the Access-Control-Allow-Credentials header of listRooms: wanted 'true'; got None",
    also=["CORS-6"],
    why_also="errors carry the same headers",
)
class CredentialsAreNotAllowed(Reaching, Cors):
    def fields(self, origin: bytes | None) -> bytes:
        if origin in self._fields:
            self.reached()
        return super().fields(origin).replace(b"access-control-allow-credentials: true\r\n", b"")
