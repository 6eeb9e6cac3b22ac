"""TURN credentials after the TURN REST convention: a user name that expires, and its HMAC-SHA1.

The TURN server shares the secret and needs nothing else; this only mints.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

from reference_server.clock import Clock


@dataclass(frozen=True)
class Turn:
    """The TURN servers, the secret shared with them, and how many seconds credentials live."""

    clock: Clock
    urls: tuple[str, ...]
    secret: bytes = field(repr=False)
    ttl: int

    def ice_servers(self, user: str) -> dict[str, Any]:
        """The body of getIceServers for this user, but for `success`."""
        username = f"{int(self.clock.now()) + self.ttl}:{user}"
        mac = hmac.new(self.secret, username.encode("utf-8"), hashlib.sha1)
        credential = base64.b64encode(mac.digest()).decode("ascii")
        server = {"urls": list(self.urls), "username": username, "credential": credential}
        return {"iceServers": [server], "ttl": self.ttl}
