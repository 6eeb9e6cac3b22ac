"""A counter keyed by what a client may say."""

from __future__ import annotations

from typing import Any

from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Counted


@mutant(
    "RATE-10",
    "Forwarded and X-Real-IP are part of what a budget is counted by",
    shows=r"\[Forwarded]: createRoom: wanted 429; got 200",
)
class TheLimiterBelievesForwarded(Reaching, App):
    def _key(self, request: Request, counted: Counted, user: str, room: str) -> Any:
        for name in (b"forwarded", b"x-real-ip"):
            claimed = request.headers.get(name)
            if claimed is not None:
                self.reached()
                user += claimed.decode("latin-1")
        return super()._key(request, counted, user, room)
