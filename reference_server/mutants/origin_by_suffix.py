"""A comparison that starts late."""

from __future__ import annotations

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-5",
    "an origin whose host ends like an allowed one is allowed",
    shows="got 'https://evilgood.example'",
)
class OriginBySuffix(Reaching, Cors):
    def fields(self, origin: bytes | None) -> bytes:
        for allowed in self._fields:
            host = allowed.partition(b"://")[2]
            if (
                origin is not None
                and origin != allowed
                and origin.endswith(host)
                and origin[:5] == allowed[:5]
            ):
                self.reached()
                return b"access-control-allow-origin: %s\r\n" % origin
        return super().fields(origin)
