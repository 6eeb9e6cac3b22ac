"""Read, modify, write."""

from __future__ import annotations

import asyncio

from reference_server.app import App, Reply, Response
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.mutants.racing import room_of
from reference_server.requests import Request
from reference_server.routes import Route
from reference_server.state import Room


@mutant(
    "CONC-2",
    "two joins at once overwrite one another",
    shows="joins at once: wanted an order of these that explains every answer",
    also=["CONC-4"],
    why_also="joins are lost there too",
)
class JoinsAreLost(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        room = room_of(request, route) if route.name == "joinRoom" else None
        if room is None:
            return super()._checked(request, route, params, bearer, identity)
        return self._later(room, request, route, params, bearer, identity)

    async def _later(
        self,
        room: Room,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Response:
        try:
            before = dict(room.participants)
            await asyncio.sleep(0.003)
            reply = super()._checked(request, route, params, bearer, identity)
            made = reply if isinstance(reply, Response) else await reply
            after = {**before, identity.user if identity else "": None}
            if len(after) < len(room.participants):
                self.reached()
            room.participants = after
            return made
        except Exception as error:
            return self._refused(request, error)
