"""A fresh word at each look."""

from __future__ import annotations

import secrets

from protocol.spec import Json
from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "OTP-11",
    "me tells a csrf word that is not the token's",
    shows="csrf of me: wanted",
)
class MeMakesAWordUp(Reaching, LoginHandlers):
    def me(self, call: Call) -> Json:
        self.reached()
        return {**super().me(call), "csrf": secrets.token_hex(16)}
