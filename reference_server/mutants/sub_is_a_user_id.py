"""A subject that is taken for a user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-8",
    "`sub` stands in for a user id that is not there",
    shows="a_token_without_a_user_id_is_refused: listRooms: wanted 401; got 200",
)
class SubIsAUserId(Reaching, Authenticator):
    def _user(self, claims: Mapping[str, Any]) -> str:
        if not any(name in claims for name in self._user_claims):
            self.reached()
            return str(claims.get("sub"))
        return super()._user(claims)
