"""A comparison that stops early."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-19",
    "a token without an audience is for everybody",
    shows="a_token_for_another_audience_is_refused: listRooms: wanted 401; got 200",
)
class NoAudienceIsEverybody(Reaching, Authenticator):
    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        if "aud" not in claims:
            self.reached()
            claims = {**claims, "aud": self._settings.audience}
        super()._check_parties(claims)
