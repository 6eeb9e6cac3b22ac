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
    "CONC-4",
    "a leave at the same time as a join is lost",
    shows=r"(?s)joins and leaves at once: wanted an order of these.* leaves: accepted",
)
class LeavesAreLost(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        room = room_of(request, route) if route.name == "leaveRoom" else None
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
            changed = dict(room.participants) != before
            reply = super()._checked(request, route, params, bearer, identity)
            made = reply if isinstance(reply, Response) else await reply
            if changed and made.status == 200 and identity is not None:
                self.reached()
                room.participants[identity.user] = None
            return made
        except Exception as error:
            return self._refused(request, error)
