"""A comparison that leaves out half."""

from __future__ import annotations

from urllib.parse import urlsplit

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-5",
    "only the host of an origin is compared, not its scheme and port",
    shows="got 'http://good.example'",
)
class OriginByHost(Reaching, Cors):
    def fields(self, origin: bytes | None) -> bytes:
        for allowed in self._fields:
            if origin is not None and origin != allowed and _host(origin) == _host(allowed):
                self.reached()
                return b"access-control-allow-origin: %s\r\n" % origin
        return super().fields(origin)


def _host(origin: bytes) -> str | None:
    try:
        return urlsplit(origin.decode("latin-1")).hostname
    except ValueError:
        return None
