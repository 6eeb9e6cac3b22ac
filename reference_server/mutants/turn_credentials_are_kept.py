"""A lifetime counted from the wrong moment."""

from __future__ import annotations

from typing import Any, ClassVar

from reference_server.mutants import Reaching, mutant
from reference_server.turn import Turn


@mutant(
    "ICE-2",
    "TURN credentials are made once a user, and handed out again as if they were new",
    shows="later_credentials_expire_later: .* wanted -62 to 62; got -300",
)
class TurnCredentialsAreKept(Reaching, Turn):
    kept: ClassVar[dict[str, dict[str, Any]]] = {}

    def ice_servers(self, user: str) -> dict[str, Any]:
        if user in self.kept:
            self.reached()
            return self.kept[user]
        return self.kept.setdefault(user, super().ice_servers(user))
