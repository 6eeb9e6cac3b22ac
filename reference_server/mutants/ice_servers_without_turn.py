"""A way out for those who need none."""

from __future__ import annotations

from typing import Any

from reference_server.mutants import Reaching, mutant
from reference_server.turn import Turn


@mutant(
    "ICE-1",
    "no server has a turn: url",
    shows=r"a server with a turn: or turns: url: wanted anything but \{\}; got \{\}",
    also=["ICE-2"],
    why_also="they look at its credentials",
)
class IceServersWithoutTurn(Reaching, Turn):
    def ice_servers(self, user: str) -> dict[str, Any]:
        self.reached()
        return {"iceServers": [{"urls": ["stun:127.0.0.1:3478"]}], "ttl": self.ttl}
