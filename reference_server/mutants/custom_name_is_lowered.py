"""Names that come back other than they were sent."""

from __future__ import annotations

from typing import Any

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "ROOM-3",
    "customName is stored in lower case",
    shows=r"wanted 'Tea room-1_x \w+'; got 'tea room-1_x \w+'",
    also=["VAL-5"],
    why_also="they find a room again by its customName",
)
class CustomNameIsLowered(Reaching, Rooms):
    def create(self, creator: str, creator_name: str, **details: Any) -> Room:
        if details.get("custom_name") and not details.get("party"):
            details["custom_name"] = details["custom_name"].lower()
            self.reached()
        return super().create(creator, creator_name, **details)
