"""The cookie gets the name of the session in the place of its token."""

from __future__ import annotations

import secrets

from protocol.spec import Json
from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "OTP-11",
    "the cookie of a refresh does not hold the token",
    shows="listRooms by the cookie that refresh set: wanted 200 .* got 401",
)
class ARefreshLeavesNoTokenInTheCookie(Reaching, LoginHandlers):
    def refresh(self, call: Call) -> Json:
        self.reached()
        body = super().refresh(call)
        token, name = body["access_token"].encode(), secrets.token_hex(16).encode()
        call.headers[:] = [(key, field.replace(token, name)) for key, field in call.headers]
        return body
