"""A party that everybody hears of."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "PARTY-8",
    "party rooms are in the public listing",
    shows=r"the party room in the public listing: wanted None; got \{",
)
class PartyInThePublicListing(Reaching, Rooms):
    def listed(self) -> list[Room]:
        found = super().listed()
        parties = [room for room in self._by_write.values() if room.party]
        if parties:
            self.reached()
        return sorted([*found, *parties], key=lambda room: room.activity, reverse=True)
