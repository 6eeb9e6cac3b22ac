"""The HMAC in hex: of the right shape, and of no use."""

from __future__ import annotations

import base64
from typing import Any

from reference_server.mutants import Reaching, mutant
from reference_server.turn import Turn


@mutant(
    "ICE-4",
    "TURN credentials are the HMAC in hex in place of base64",
    shows="with the credentials: wanted 'accepted'; got 'refused",
)
class TurnCredentialsAreInHex(Reaching, Turn):
    def ice_servers(self, user: str) -> dict[str, Any]:
        self.reached()
        found = super().ice_servers(user)
        (server,) = found["iceServers"]
        server["credential"] = base64.b64decode(server["credential"]).hex()
        return found
