"""Out of sight is not out of use."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "OTP-10",
    "a logout leaves the session and its refresh token as they are",
    shows="a browser can still refresh after the logout.*: wanted 401; got 200",
)
class ALogoutClearsTheCookieOnly(Reaching, LoginHandlers):
    def logout(self, call: Call) -> Json:
        self.reached()
        call.headers.append(self.token_cookie("", 0))
        return {"success": True}
