"""A comparison that stops early."""

from __future__ import annotations

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-5",
    "an origin that starts like an allowed one is allowed",
    shows="got 'https://good.example.evil.test'",
)
class OriginByPrefix(Reaching, Cors):
    def fields(self, origin: bytes | None) -> bytes:
        for allowed in self._fields:
            if origin is not None and origin != allowed and origin.startswith(allowed):
                self.reached()
                return b"access-control-allow-origin: %s\r\n" % origin
        return super().fields(origin)
