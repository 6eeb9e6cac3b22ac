"""The login by a one-time code: what requestOtp, verifyOtp, me, refresh and logout do."""

from __future__ import annotations

from collections.abc import Iterable

from protocol.spec import Json, Spec
from reference_server.budgets import Budgets
from reference_server.mail import Deliver
from reference_server.minting import Mint
from reference_server.otp import Codes, normal
from reference_server.refusal import Forbidden, Header, Unauthorized
from reference_server.routes import Call, Handler
from reference_server.sessions import Session, Sessions
from reference_server.state import iso


class WrongCode(Unauthorized):
    """Which of the possible reasons it is, is not told."""

    def __init__(self) -> None:
        super().__init__("The code is wrong, used, or too old.")


class LoginHandlers:
    """The operations under /auth. Every address is answered alike: none is known before it logs in."""

    def __init__(
        self,
        spec: Spec,
        budgets: Budgets,
        codes: Codes,
        sessions: Sessions,
        mint: Mint,
        deliver: Iterable[Deliver],
    ) -> None:
        self._budgets = budgets
        self._codes = codes
        self._sessions = sessions
        self._mint = mint
        self._deliver = tuple(deliver)
        self._lifetime_s = spec.timings["otp_lifetime"]
        self._session_s = spec.timings["session_lifetime"]
        names = spec.policy["names"]
        self._token_cookie: str = names["token_cookie"]
        self._refresh_cookie: str = names["refresh_cookie"]
        self._refresh_path = spec.operation("refresh").path

    def table(self) -> dict[str, Handler]:
        return {
            "requestOtp": self.request,
            "verifyOtp": self.verify,
            "me": self.me,
            "refresh": self.refresh,
            "logout": self.logout,
        }

    def request(self, call: Call) -> Json:
        email = normal(call.fields["email"])
        code = self._codes.make(email)
        for deliver in self._deliver:
            deliver(email, code)
        return {
            "success": True,
            "message": "A code is on its way to you, if this is your address.",
            "expiresIn": self._lifetime_s,
            "remaining": max(
                0, self._budgets.left("requestOtp", call.key) - 1
            ),  # this one is not counted yet
        }

    def verify(self, call: Call) -> Json:
        email = normal(call.fields["email"])
        if not self._codes.use(email, call.fields["otp"]):
            raise WrongCode
        session, refresh = self._sessions.open(email)
        return self._signed_in(call, session, refresh)

    def me(self, call: Call) -> Json:
        identity = call.identity
        assert identity is not None, "it needs a token"
        if identity.csrf is None:
            raise Forbidden("The token has no CSRF word.")
        return {"customerId": identity.user, "displayName": identity.name, "csrf": identity.csrf}

    def refresh(self, call: Call) -> Json:
        session = self._sessions.named(call.identity.session if call.identity is not None else None)
        assert session is not None, "its refresh token was looked at before"
        return self._signed_in(call, session, self._sessions.rotate(session))

    def logout(self, call: Call) -> Json:
        if call.identity is not None and call.identity.session is not None:
            self._sessions.end(call.identity.session)
        call.headers += self.cleared()
        return {"success": True}

    # -- the cookies

    def cookies(self, token: str, lifetime_s: int, refresh: str) -> list[Header]:
        """The two cookies of a login."""
        return [self.token_cookie(token, lifetime_s), self.refresh_cookie(refresh, self._session_s)]

    def cleared(self) -> list[Header]:
        """The same two, gone: a browser wants to hear the same name and path."""
        return [self.token_cookie("", 0), self.refresh_cookie("", 0)]

    def token_cookie(self, value: str, age_s: int) -> Header:
        return cookie(self._token_cookie, value, "Path=/", f"Max-Age={age_s}", "SameSite=Lax")

    def refresh_cookie(self, value: str, age_s: int) -> Header:
        path = f"Path={self._refresh_path}"
        return cookie(self._refresh_cookie, value, path, f"Max-Age={age_s}", "SameSite=Strict")

    # -- inside

    def _signed_in(self, call: Call, session: Session, refresh: str) -> Json:
        minted = self._mint.mint(session)
        call.headers += self.cookies(minted.token, minted.lifetime_s, refresh)
        return {
            "access_token": minted.token,
            "token": minted.token,
            "token_type": "Bearer",
            "expires_in": minted.lifetime_s,
            "customerId": minted.user,
            "sub": minted.user,
            "expiresAt": iso(minted.ends * 1000),
        }


def cookie(name: str, value: str, *attributes: str) -> Header:
    """A Set-Cookie field; no script reads the cookie, and no plain connection carries it."""
    text = "; ".join((f"{name}={value}", *attributes, "HttpOnly", "Secure"))
    return (b"set-cookie", text.encode("ascii"))
