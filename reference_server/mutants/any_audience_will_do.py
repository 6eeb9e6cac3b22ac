"""Tokens for anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-19",
    "aud is not looked at",
    shows="a_token_for_another_audience_is_refused: listRooms: wanted 401; got 200",
)
class AnyAudienceWillDo(Reaching, Authenticator):
    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        if claims.get("aud") != self._settings.audience:
            self.reached()
        super()._check_parties({**claims, "aud": self._settings.audience})
