"""A limit that is one too high."""

from __future__ import annotations

from typing import Any

from protocol.spec import load
from reference_server.mutants import Reaching, mutant
from reference_server.turn import Turn


@mutant(
    "ICE-2",
    "TURN credentials live for a second more than they may",
    shows="ttl: wanted 300 to 3600; got 3601",
)
class TurnCredentialsLiveASecondTooLong(Reaching, Turn):
    def ice_servers(self, user: str) -> dict[str, Any]:
        self.reached()
        ttl = load().timings["turn_credential_max"] + 1
        return Turn(self.clock, self.urls, self.secret, ttl).ice_servers(user)
