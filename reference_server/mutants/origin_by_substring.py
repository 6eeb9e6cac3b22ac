"""A comparison that looks for less than the whole."""

from __future__ import annotations

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-5",
    "an origin that has the host of an allowed one anywhere in it is allowed",
    shows="got 'https://good.example.evil.test'",
)
class OriginBySubstring(Reaching, Cors):
    def fields(self, origin: bytes | None) -> bytes:
        for allowed in self._fields:
            host = allowed.partition(b"://")[2]
            if origin is not None and origin != allowed and host in origin:
                self.reached()
                return b"access-control-allow-origin: %s\r\n" % origin
        return super().fields(origin)
