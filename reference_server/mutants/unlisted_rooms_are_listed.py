"""A room that does not want to be found."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "PRIV-1",
    "a room of isPublic false is listed",
    shows=r"the unlisted room as alice sees it: wanted None; got \{",
    also=["PRIV-7"],
    why_also="strangers then see what was sent in an unlisted room",
)
class UnlistedRoomsAreListed(Reaching, Rooms):
    def listed(self) -> list[Room]:
        hidden = [room for room in self._by_write.values() if not room.public and not room.party]
        if hidden:
            self.reached()
        return sorted([*super().listed(), *hidden], key=lambda room: room.activity, reverse=True)
