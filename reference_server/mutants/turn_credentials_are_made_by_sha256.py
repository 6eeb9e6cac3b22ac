"""Another hash than the convention's: only a TURN server notices."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from reference_server.mutants import Reaching, mutant
from reference_server.turn import Turn


@mutant(
    "ICE-4",
    "TURN credentials are made by HMAC-SHA256 in place of HMAC-SHA1",
    shows="with the credentials: wanted 'accepted'; got 'refused",
)
class TurnCredentialsAreMadeBySha256(Reaching, Turn):
    def ice_servers(self, user: str) -> dict[str, Any]:
        self.reached()
        found = super().ice_servers(user)
        (server,) = found["iceServers"]
        mac = hmac.new(self.secret, server["username"].encode("utf-8"), hashlib.sha256)
        server["credential"] = base64.b64encode(mac.digest()).decode("ascii")
        return found
