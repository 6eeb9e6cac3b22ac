"""Newcomers: people who log in by a code, and the sessions that they get. It judges nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from protocol import tokens
from protocol.client import User
from protocol.cookies import Cookie, set_cookies
from protocol.operations import Answer, Request
from protocol.spec import Spec
from suite.expectations import Inconclusive, given
from suite.otp_codes import OtpCodes


@dataclass
class Newcomer:
    """Somebody with an e-mail address of its own and no token."""

    user: User
    codes: OtpCodes
    email: str
    last: str | None = None  # the code that was read last

    async def ask(self, email: str | None = None) -> Answer:
        """Asks for a code, under another spelling of the address where one is given."""
        return await self.user.request_otp(self.email if email is None else email)

    async def code(self, older: str | None = None) -> str:
        """The code that came. Raises NotRun where it cannot be read."""
        found = await self.codes.code(self.email, older)
        self.user.lane.redactor.add(found, f"{self.user.actor} code")
        self.last = found
        return found

    async def asked(self) -> str:
        """Asks for a code and returns it; inconclusive where it is not granted."""
        given(await self.ask())
        return await self.code(self.last)  # mail takes its time

    async def verify(self, code: str) -> Answer:
        return await self.user.verify_otp(self.email, code)

    async def log_in(self) -> Session:
        """The whole way; inconclusive where it does not lead to a session."""
        return Session.of(self.user, given(await self.verify(await self.asked())))


@dataclass(frozen=True)
class Session:
    """Somebody logged in: as a browser is, with both cookies and the word for CSRF."""

    user: User
    refresh_token: str
    answer: Answer

    @staticmethod
    def of(user: User, answer: Answer) -> Session:
        """The session that verifyOtp or refresh opens; inconclusive where something of it is missing."""
        spec = user.lane.spec
        token = answer.at("access_token")
        refresh = sent_to(path_of(user, "refresh"), kept_of(user, answer, refresh_cookie(spec)))
        if not isinstance(token, str) or refresh is None:
            missing = "no access token, or no refresh token by cookie"
            raise Inconclusive(f"a prerequisite failed: {answer.operation} gave {missing}", answer.exchange)
        csrf = csrf_of(token)
        user.lane.redactor.add(refresh.value, f"{user.actor} refresh token")
        if csrf is not None:
            user.lane.redactor.add(csrf, f"{user.actor} csrf")
        signed = user.with_token(token, "token", csrf=csrf)
        named = answer.at("customerId")
        mine = replace(signed, id=named if isinstance(named, str) else "", delivery="cookie", csrf=csrf)
        return Session(mine, refresh.value, answer)

    def refreshing(self) -> Request:
        return self.user.refreshing(self.refresh_token)

    async def refresh(self) -> Answer:
        return await self.user.send(self.refreshing())

    async def refreshed(self) -> Session:
        """The session with new tokens; inconclusive where there are none."""
        return Session.of(self.user, given(await self.refresh()))


def csrf_of(token: str) -> str | None:
    """The csrf claim of a token; None where there is none, or the token is opaque to us."""
    try:
        found = tokens.peek(token)[1].get("csrf")
    except tokens.TokenError:
        return None
    return found if isinstance(found, str) and found else None


def path_of(user: User, operation: str) -> str:
    """The path of an operation at this target, as a browser has it."""
    return urlsplit(user.lane.wire.options.base_url).path + user.lane.operations.path(operation)


def cookies_of(user: User, answer: Answer, name: str) -> list[Cookie]:
    """The cookies of this name that an answer sets or clears: one for each path and domain."""
    found = set_cookies(answer.header_values("set-cookie"), path_of(user, answer.operation))
    return [cookie for cookie in found if cookie.name == name]


def kept_of(user: User, answer: Answer, name: str) -> list[Cookie]:
    """Those of them that a browser keeps with a value, the longest path first, as it sends them."""
    now = time.time()
    kept = [cookie for cookie in cookies_of(user, answer, name) if not cookie.is_gone(now)]
    return sorted(kept, key=lambda cookie: -len(cookie.path))


def sent_to(path: str, kept: Sequence[Cookie]) -> Cookie | None:
    """The one that counts for this path; where none reaches it (which is for others to judge) the first."""
    return next((cookie for cookie in kept if cookie.goes_to(path)), kept[0] if kept else None)


def token_cookie(spec: Spec) -> str:
    name: str = spec.policy["names"]["token_cookie"]
    return name


def refresh_cookie(spec: Spec) -> str:
    name: str = spec.policy["names"]["refresh_cookie"]
    return name
