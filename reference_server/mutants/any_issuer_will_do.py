"""Tokens from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-15",
    "iss is not looked at",
    shows="a_token_of_another_issuer_is_refused: listRooms: wanted 401; got 200",
)
class AnyIssuerWillDo(Reaching, Authenticator):
    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") != self._settings.issuer:
            self.reached()
        super()._check_parties({**claims, "iss": self._settings.issuer})
