"""One key for all."""

from __future__ import annotations

from typing import Any

from reference_server.mutants import Reaching, mutant
from reference_server.turn import Turn


@mutant(
    "ICE-3",
    "all users get the same TURN credentials",
    shows="whether both have the same username: wanted False; got True",
)
class TurnCredentialsAreShared(Reaching, Turn):
    def ice_servers(self, user: str) -> dict[str, Any]:
        self.reached()
        return super().ice_servers("signaling")
