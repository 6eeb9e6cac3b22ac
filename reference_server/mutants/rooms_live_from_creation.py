"""A lifetime counted from the wrong moment."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "ROOM-13",
    "the lifetime of a room is counted from its creation, not from the last write",
    shows="begins_anew_with_a_write: joinRoom: wanted 200 .* got 404",
)
class RoomsLiveFromCreation(Reaching, Rooms):
    def activity(self, room: Room) -> None:
        written = room.written
        super().activity(room)
        if written:
            self.reached()
            room.written = written

    def wrote(self, room: Room) -> None:
        self.reached()
