"""The path is forgotten when the token is rotated."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "OTP-2",
    "a refresh sets the refresh token for every path",
    shows="Path of refresh_token: wanted '/auth/refresh'; got '/'",
)
class ARefreshFreesTheRefreshToken(Reaching, LoginHandlers):
    def refresh(self, call: Call) -> Json:
        self.reached()
        body = super().refresh(call)
        path = f"Path={self._refresh_path};".encode()
        call.headers[:] = [(key, field.replace(path, b"Path=/;")) for key, field in call.headers]
        return body
