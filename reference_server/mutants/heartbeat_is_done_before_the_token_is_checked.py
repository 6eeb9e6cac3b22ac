"""State that changes before it is known who asks."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.bodies import parse_object
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Refusal
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "AUTH-12",
    "a heartbeat without a good token refreshes the room before it is refused",
    shows=r"after refused writes: wanted \{\}; got .*lastActivity",
)
class HeartbeatIsDoneBeforeTheTokenIsChecked(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        try:
            return await super()._identity(request, route, bearer)
        except Refusal:
            if route.name == "heartbeat":
                rooms = route.handler.__self__._rooms  # type: ignore[attr-defined]
                self.reached()
                rooms.activity(rooms.find(parse_object(request.body)["roomId"]))
            raise
