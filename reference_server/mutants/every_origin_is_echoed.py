"""A mirror."""

from __future__ import annotations

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-3",
    "every origin is echoed",
    shows="for https://evil.test: wanted anything but 'https://evil.test'; got 'https://evil.test'",
    also=["CORS-5"],
    why_also="an origin that looks like an allowed one is one of them",
)
class EveryOriginIsEchoed(Reaching, Cors):
    def fields(self, origin: bytes | None) -> bytes:
        if origin is None or origin in self._fields:
            return super().fields(origin)
        self.reached()
        return b"access-control-allow-origin: %s\r\n" % origin
