"""The ASGI application: one request after the other through the checks, in the spec's order of faults.

Unknown path or method, size, token, origin and CSRF, budget, body, and only then the handler. It holds no
state of its own; assembly.py puts it together.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from protocol.operations import encode
from protocol.spec import Json
from reference_server.auth import Authenticator, Identity
from reference_server.bodies import Receive, check_type, parse_object
from reference_server.budgets import Budgets
from reference_server.cors import SECURITY, Cors
from reference_server.csrf import Csrf
from reference_server.log import Log
from reference_server.refusal import Header, Internal, Invalid, Refusal, Unauthorized
from reference_server.requests import HeaderNames, Request, Scope
from reference_server.routes import Call, Route, Router
from reference_server.sealing import Sealer

Send = Callable[[Any], Awaitable[None]]

JSON: Header = (b"content-type", b"application/json")
NO_USER = ""


@dataclass(frozen=True, slots=True)
class Checks:
    """Everything that a request has to get past."""

    router: Router
    auth: Authenticator
    csrf: Csrf
    cors: Cors
    budgets: Budgets
    sealer: Sealer | None  # None where answers are never sealed


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called on the wire."""

    headers: HeaderNames
    token_cookie: str
    encrypted: bytes


class App:
    """Answers every HTTP request with JSON, whatever comes."""

    def __init__(self, checks: Checks, names: Names, body_cap: int, log: Log) -> None:
        self._checks = checks
        self._names = names
        self._cap = body_cap
        self._log = log
        self._plain: list[Header] = [*SECURITY]
        if checks.sealer is not None:
            self._plain.append((names.encrypted, b"false"))
        self._sealed: list[Header] = [*SECURITY, (names.encrypted, b"true")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive, self._names.headers, self._cap)
        started = time.perf_counter() if self._log.debugs else 0.0
        status, headers, body = await self._answer(request)
        headers += self._checks.cors.headers(request.origin)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        if self._log.debugs:
            spent = round((time.perf_counter() - started) * 1000, 2)
            self._log.debug("request", operation=self._operation(request), status=status, ms=spent)

    async def _answer(self, request: Request) -> tuple[int, list[Header], bytes]:
        try:
            if request.method == "OPTIONS":
                return self._options(request)
            return await self._served(request)
        except Refusal as refusal:
            refused = refusal
        except Exception as error:
            self._log.fault("internal_error", error, operation=self._operation(request))
            refused = Internal()
        await request.body.drain()
        return refused.status, [JSON, *refused.headers(), *self._plain], encode(refused.body())

    def _options(self, request: Request) -> tuple[int, list[Header], bytes]:
        """A preflight, which has no token, or a plain question for the methods."""
        allowed = self._checks.router.allowed(request.path)
        headers = [(b"allow", allowed.encode("ascii")), *self._checks.cors.preflight(request.origin)]
        return 204, [*headers, *self._plain], b""

    async def _served(self, request: Request) -> tuple[int, list[Header], bytes]:
        checks = self._checks
        route, params = checks.router.find(request.method, request.path)
        request.body.check_size()
        bearer = request.bearer()
        identity = await self._identity(request, route, bearer)
        if route.guarded and identity is not None and bearer is None:
            checks.csrf.check(identity, request.csrf, foreign=checks.cors.foreign(request.origin))
        raw = await request.body.read()
        # From here to the answer nothing waits: so budgets and state hold under parallel requests.
        body = encode(self._handled(request, route, identity, params, raw))
        if checks.sealer is not None and route.sealed and bearer is not None and identity is not None:
            return 200, [JSON, *self._sealed], await checks.sealer.seal(bearer, body)
        return 200, [JSON, *self._plain], body

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        """Who sends this; None only where the operation asks for no token and no good one came.

        Where a bearer is sent it alone counts.
        """
        token = request.cookie(self._names.token_cookie) if bearer is None else bearer
        if token is None:
            if route.needs_token:
                raise Unauthorized("A token is needed.")
            return None
        identity = self._checks.auth.cached(token)
        if identity is not None:
            return identity
        try:
            return await self._checks.auth.verify(token)
        except Unauthorized:
            if route.needs_token:
                raise
            return None

    def _handled(
        self, request: Request, route: Route, identity: Identity | None, params: dict[str, str], raw: bytes
    ) -> Json:
        user = NO_USER if identity is None else identity.user
        budgets = self._checks.budgets
        fields: Json = {}
        by_room = route.per is not None and "room" in route.per
        if route.per is not None and not by_room:
            budgets.check(route.name, self._key(request, route.per, user, fields, params))
        if route.takes_body:
            fields = _body(request, route, raw)
        if by_room and route.per is not None:
            budgets.check(route.name, self._key(request, route.per, user, fields, params))
        route.check_params(params)
        answer = route.handler(Call(user, fields, params, route.read_query(request.query)))
        # Only what was answered is counted: a refused or failed request spends nothing.
        if route.per is not None:
            budgets.spend(route.name, self._key(request, route.per, user, fields, params))
        return answer

    @staticmethod
    def _key(
        request: Request, per: tuple[str, ...], user: str, fields: Json, params: dict[str, str]
    ) -> tuple[str, ...]:
        """What a budget is counted by, for this request."""
        values = {"user": user, "room": fields.get("roomId") or params.get("roomId", "")}
        return tuple(request.address if word == "address" else values[word] for word in per)

    def _operation(self, request: Request) -> str:
        """For the log: the operation's name, never the path, which the client made."""
        try:
            return self._checks.router.find(request.method, request.path)[0].name
        except Refusal:
            return "none"


def _body(request: Request, route: Route, raw: bytes) -> Json:
    found = request.found
    check_type(found.get(b"content-type"), found.get(b"content-encoding"))
    fields = parse_object(raw)
    if route.body is not None and not route.body.ok(fields):
        problems = route.body.problems(fields)
        text = "; ".join(f"{problem.path or 'body'}: {problem.message}" for problem in problems[:5])
        raise Invalid(text, field=problems[0].path or None)
    return fields
