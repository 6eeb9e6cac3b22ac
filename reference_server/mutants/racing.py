"""What mutants that race on a room stand on: the room of a write, if the write is a good one."""

from __future__ import annotations

from reference_server.bodies import parse_object
from reference_server.refusal import Refusal
from reference_server.requests import Request
from reference_server.routes import Route
from reference_server.state import Room, Rooms


def room_of(request: Request, route: Route) -> Room | None:
    """None for what is going to be refused anyway: a race is not to change how."""
    try:
        fields = parse_object(request.body)
        if route.body is None or not route.body.ok(fields):
            return None
        rooms: Rooms = route.handler.__self__._rooms  # type: ignore[attr-defined]
        return rooms.find(fields["roomId"])
    except (Refusal, ValueError):
        return None
