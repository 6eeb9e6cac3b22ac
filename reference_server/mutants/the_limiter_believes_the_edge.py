"""A limiter keyed by what a client says."""

from __future__ import annotations

from typing import Any

from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Counted


@mutant(
    "RATE-10",
    "CF-Connecting-IP is part of what a budget is counted by",
    shows=r"\[CF-Connecting-IP]: createRoom: wanted 429; got 200",
)
class TheLimiterBelievesTheEdge(Reaching, App):
    def _key(self, request: Request, counted: Counted, user: str, room: str) -> Any:
        claimed = request.headers.get(b"cf-connecting-ip")
        if claimed is not None:
            self.reached()
            user += claimed.decode("latin-1")
        return super()._key(request, counted, user, room)
