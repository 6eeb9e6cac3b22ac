"""A time that is taken for a moment."""

from __future__ import annotations

from typing import Any

from reference_server.mutants import Reaching, mutant
from reference_server.turn import Turn


@mutant(
    "ICE-2",
    "the TURN username starts with now, not with now + ttl",
    shows=r"minus \(now \+ ttl\), in seconds: wanted -62 to 62; got -3600",
)
class TurnCredentialsExpireAtOnce(Reaching, Turn):
    def ice_servers(self, user: str) -> dict[str, Any]:
        answer = super().ice_servers(user)
        self.reached()
        answer["iceServers"][0]["username"] = f"{int(self.clock.now())}:{user}"
        return answer
