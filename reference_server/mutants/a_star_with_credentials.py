"""Everybody, with everything."""

from __future__ import annotations

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-4",
    "`*` goes with credentials for a foreign origin",
    shows=r"wanted anything but \['\*', 'true']; got \['\*', 'true']",
)
class AStarWithCredentials(Reaching, Cors):
    def fields(self, origin: bytes | None) -> bytes:
        if origin is None or origin in self._fields:
            return super().fields(origin)
        self.reached()
        return b"access-control-allow-origin: *\r\naccess-control-allow-credentials: true\r\n"
