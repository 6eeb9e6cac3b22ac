"""How the checks of the login read cookies: beside the cookie that counts a target may clear older ones, and
a logout may take the refresh token from the browser or make it worth nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.checks import otp, otp_sessions
from conformance.logins import Newcomer, Session
from protocol import spec as spec_module
from protocol import tokens
from protocol.client import Lane, User
from protocol.operations import Answer, Operations, Request
from protocol.transcript import Redactor, Transcript
from protocol.wire import WireOptions
from suite.expectations import CheckFailed, Recorder, current

SPEC = spec_module.load()
TOKEN = tokens.SecretSigner(b"a secret of these tests, long enough").sign(tokens.claims(SPEC, "cust_1"))
SAFE = "HttpOnly; Secure; SameSite="
SET = [
    f"auth_token={TOKEN}; Path=/; {SAFE}Lax",
    f"refresh_token=a-first-refresh-token; Path=/auth/refresh; {SAFE}Strict",
]
OLDER = [  # of an older release, for other paths
    "auth_token=; Path=/signaling; Max-Age=0",
    "refresh_token=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
]
CLEARED = ["auth_token=; Path=/; Max-Age=0", "refresh_token=; Path=/auth/refresh; Max-Age=0"]
SIGNED_IN = {
    "access_token": TOKEN,
    "token": TOKEN,
    "token_type": "Bearer",
    "expires_in": 900,
    "customerId": "cust_1",
    "sub": "cust_1",
    "expiresAt": "2026-01-01T00:00:00Z",
}


@dataclass
class Target:
    """Answers by these Set-Cookie fields; a refresh after the logout by that status."""

    login: list[str] = field(default_factory=lambda: SET)
    logout: list[str] = field(default_factory=lambda: CLEARED)
    refused: int = 401
    options: WireOptions = field(default_factory=lambda: WireOptions("http://target.example"))
    out: bool = False

    async def send(self, request: Request) -> Answer:
        name = request.operation
        self.out = self.out or name == "logout"
        if name == "refresh" and self.out and self.refused != 200:
            return Answer(name, self.refused, body={"error": "no"})
        fields = {"verifyOtp": self.login, "refresh": self.login, "logout": self.logout}.get(name, [])
        body: dict[str, Any] = SIGNED_IN if name in ("verifyOtp", "refresh") else {"success": True}
        return Answer(name, 200, tuple(("set-cookie", one) for one in fields), body=body)

    def newcomer(self) -> Newcomer:
        transcript = Transcript(lambda record: None, self.options.base_url)
        lane = Lane(SPEC, Operations(SPEC), self, transcript, transcript.redactor(), "a#1")  # type: ignore[arg-type]
        return Newcomer(User(lane, "newcomer", "", "", "", delivery="none"), Codes(), "a@mail.example")  # type: ignore[arg-type]


class Codes:
    async def code(self, email: str, older: str | None) -> str:
        return "123456789"


@pytest.fixture(autouse=True)
def attempt() -> None:
    """Expectations have somewhere to go."""
    current.set(Recorder(SPEC, SPEC.requirement("OTP-10"), "a test", lambda record: None, Redactor()))


JUDGED = [
    otp.the_cookie_of_a_login_is_out_of_reach,
    otp.the_refresh_cookie_is_for_refresh_alone,
    otp.the_cookie_of_a_refresh_is_out_of_reach,
    otp.the_refresh_cookie_of_a_refresh_is_for_refresh_alone,
    otp_sessions.a_logout_clears_the_cookie,
    otp_sessions.a_logout_ends_the_session,
]


def judge(check: Any, target: Target) -> None:
    asyncio.run(check(target.newcomer(), SPEC))


@pytest.mark.parametrize("check", JUDGED, ids=lambda check: check.__name__)
@pytest.mark.parametrize("older_comes", ["first", "last"])
def test_an_older_cookie_that_is_cleared_beside_accuses_nobody(check: Any, older_comes: str) -> None:
    def beside(fields: list[str]) -> list[str]:
        return OLDER + fields if older_comes == "first" else fields + OLDER

    judge(check, Target(beside(SET), beside(CLEARED), refused=200))


def test_every_cookie_that_a_browser_keeps_is_judged() -> None:
    bare = Target([*SET, f"auth_token={TOKEN}; Path=/auth"])
    with pytest.raises(CheckFailed, match="the attributes of auth_token"):
        judge(otp.the_cookie_of_a_login_is_out_of_reach, bare)
    wide = Target([*SET, f"refresh_token=a-second-refresh-token; Path=/; {SAFE}Strict"])
    with pytest.raises(CheckFailed, match="Path of refresh_token"):
        judge(otp.the_refresh_cookie_is_for_refresh_alone, wide)
    with pytest.raises(CheckFailed, match="whether auth_token is emptied or ended"):
        judge(otp_sessions.a_logout_clears_the_cookie, Target(logout=[*CLEARED, "auth_token=x; Path=/auth"]))
    with pytest.raises(CheckFailed, match="path and domain of the cleared auth_token"):
        judge(otp_sessions.a_logout_clears_the_cookie, Target(logout=OLDER))


def test_the_cookie_that_reaches_the_refresh_is_the_one_that_counts() -> None:
    wide = f"refresh_token=a-wide-refresh-token; Path=/; {SAFE}Strict"
    elsewhere = f"refresh_token=of-another-path; Path=/auth/logout/x; {SAFE}Strict"
    newcomer = Target([wide, elsewhere, *SET]).newcomer()
    session: Session = asyncio.run(newcomer.log_in())
    assert session.refresh_token == "a-first-refresh-token"


@pytest.mark.parametrize(
    ("logout", "refused", "good"),
    [(CLEARED, 401, True), (CLEARED, 200, True), (CLEARED[:1], 401, True), (CLEARED[:1], 200, False)],
    ids=["both", "cleared", "refused", "neither"],
)
def test_a_logout_takes_the_refresh_token_away_or_makes_it_worthless(
    logout: list[str], refused: int, good: bool
) -> None:
    target = Target(logout=logout, refused=refused)
    if good:
        return judge(otp_sessions.a_logout_ends_the_session, target)
    with pytest.raises(CheckFailed, match="a browser can still refresh after the logout"):
        judge(otp_sessions.a_logout_ends_the_session, target)
    return None


def test_a_refresh_token_cleared_for_another_path_stays_with_the_browser() -> None:
    target = Target(logout=[CLEARED[0], "refresh_token=; Path=/; Max-Age=0"], refused=200)
    with pytest.raises(CheckFailed, match="a browser can still refresh after the logout"):
        judge(otp_sessions.a_logout_ends_the_session, target)
