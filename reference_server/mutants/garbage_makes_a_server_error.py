"""A decoder that trusts what it decodes."""

from __future__ import annotations

import base64
import json

from reference_server.auth import Authenticator, Identity
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-6",
    "a token that is none makes a server error",
    shows=r"a_garbage_token_is_refused\[.*\]: listRooms: wanted 401; got 500",
    also=["ERR-3"],
    why_also="a 5xx is one whatever made it",
)
class GarbageMakesAServerError(Reaching, Authenticator):
    async def verify(self, token: str) -> Identity:
        parts = token.split(".")
        if len(parts) != 3 or not parts[1] or "*" in token:
            self.reached()
            json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==="))
        return await super().verify(token)
