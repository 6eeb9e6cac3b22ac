"""A join that makes what it does not find."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.refusal import NotFound
from reference_server.state import Room, Rooms


@mutant(
    "ROOM-4",
    "joining an unknown room makes it",
    shows="joining_an_unknown_room_is_refused: joinRoom: wanted 404; got 200",
    also=["ROOM-8", "ROOM-13", "ENC-5"],
    why_also="a room that is gone is unknown too, and joining one is how these get their 404",
)
class JoiningMakesTheRoom(Reaching, Rooms):
    def join(self, room_id: str, user: str) -> Room:
        try:
            return super().join(room_id, user)
        except NotFound:
            self.reached()
            return self.create(user, user, public=False)
