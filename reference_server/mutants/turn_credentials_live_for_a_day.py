"""Credentials that outlive their use."""

from __future__ import annotations

from typing import Any

from reference_server.mutants import Reaching, mutant
from reference_server.turn import Turn

DAY = 86400


@mutant("ICE-2", "TURN credentials live for a day", shows="ttl: wanted 300 to 3600; got 86400")
class TurnCredentialsLiveForADay(Reaching, Turn):
    def ice_servers(self, user: str) -> dict[str, Any]:
        answer = super().ice_servers(user)
        self.reached()
        answer["iceServers"][0]["username"] = f"{int(self.clock.now()) + DAY}:{user}"
        return {**answer, "ttl": DAY}
