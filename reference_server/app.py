"""The application: takes one request after the other through the checks, in the spec's order of faults.

Unknown path or method, size, token, origin and CSRF, budget, body, and only then the handler. It holds no
state of its own (assembly.py puts it together) and does no I/O: an answer is there at once, or a coroutine
where a token has to be verified or an answer sealed.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from protocol.spec import Json
from reference_server import requests
from reference_server.auth import Authenticator, Identity
from reference_server.bodies import check_type, nested_too_deeply, parse_object
from reference_server.budgets import Budgets
from reference_server.cors import SECURITY, Cors
from reference_server.csrf import Csrf
from reference_server.http1 import Message, lines
from reference_server.log import Log
from reference_server.refusal import Header, Internal, Invalid, Refusal, TooLarge, Unauthorized
from reference_server.routes import Call, Route, Router
from reference_server.sealing import Sealer

JSON: Header = (b"content-type", b"application/json")
NO_USER = ""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: `fields` are its header lines, but for those of the connection."""

    status: int
    fields: bytes
    body: bytes


Reply = Response | Coroutine[Any, Any, Response]


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
    """What things are called on the wire, in lower case where that is how they are compared."""

    csrf_header: bytes
    token_cookie: bytes
    trusted_header: bytes
    encrypted: bytes


@dataclass(slots=True)
class Asked:
    """A request whose operation is known."""

    message: Message
    route: Route
    params: dict[str, str]
    bearer: str | None
    identity: Identity | None = None


class App:
    """Answers every HTTP request with JSON, whatever comes."""

    def __init__(self, checks: Checks, names: Names, body_cap: int, log: Log) -> None:
        self._checks = checks
        self._names = names
        self._log = log
        self.body_cap = body_cap
        covered = [] if checks.sealer is None else [(names.encrypted, b"false")]
        self._bare_fields = lines([*SECURITY, *covered])
        self._plain_fields = lines([JSON, *SECURITY, *covered])
        self._sealed_fields = lines([JSON, *SECURITY, (names.encrypted, b"true")])

    def respond(self, message: Message) -> Reply:
        """The answer to a request. Nothing it raises is the client's fault; it raises nothing."""
        try:
            if message.method == "OPTIONS":
                return self._options(message)
            route, params = self._checks.router.find(message.method, message.path)
            if message.too_large:
                raise TooLarge(f"A body has fewer than {self.body_cap} bytes.")
            asked = Asked(message, route, params, requests.bearer(message))
            token = asked.bearer
            if token is None:
                token = requests.cookie(message, self._names.token_cookie)
            if token is None:
                if route.needs_token:
                    raise Unauthorized("A token is needed.")
                return self._checked(asked)
            asked.identity = self._checks.auth.cached(token)
            return self._verified(asked, token) if asked.identity is None else self._checked(asked)
        except Exception as error:
            return self._refused(message, error)

    def malformed(self, status: int, message: str) -> Response:
        """The answer to what is not HTTP."""
        body = _encode({"error": "Bad request", "message": message}).encode("utf-8")
        return Response(status, self._plain_fields, body)

    def _options(self, message: Message) -> Response:
        """A preflight, which has no token, or a plain question for the methods."""
        cors, origin = self._checks.cors, message.headers.get(b"origin")
        allow = lines([(b"allow", self._checks.router.allowed(message.path).encode("ascii"))])
        return Response(204, allow + self._bare_fields + cors.preflight(origin) + cors.fields(origin), b"")

    async def _verified(self, asked: Asked, token: str) -> Response:
        """A token that was not seen before: looking at it may have to wait for the issuer's keys."""
        try:
            try:
                asked.identity = await self._checks.auth.verify(token)
            except Unauthorized:
                if asked.route.needs_token:
                    raise
            reply = self._checked(asked)
            return reply if isinstance(reply, Response) else await reply
        except Exception as error:
            return self._refused(asked.message, error)

    def _checked(self, asked: Asked) -> Reply:
        """From here to the answer nothing waits: so budgets and state hold under parallel requests."""
        checks, identity, message = self._checks, asked.identity, asked.message
        origin = message.headers.get(b"origin")
        if asked.route.guarded and identity is not None and asked.bearer is None:
            sent = message.headers.get(self._names.csrf_header)
            checks.csrf.check(identity, sent, foreign=checks.cors.foreign(origin))
        body = _encode(self._handled(asked)).encode("utf-8")
        if checks.sealer is not None and asked.route.sealed and asked.bearer and identity is not None:
            return self._sealed(message, checks.sealer, asked.bearer, body)
        return Response(200, self._plain_fields + checks.cors.fields(origin), body)

    async def _sealed(self, message: Message, sealer: Sealer, token: str, body: bytes) -> Response:
        try:
            sealed = await sealer.seal(token, body)
        except Exception as error:
            return self._refused(message, error)
        origin = message.headers.get(b"origin")
        return Response(200, self._sealed_fields + self._checks.cors.fields(origin), sealed)

    def _handled(self, asked: Asked) -> Json:
        route, message, budgets = asked.route, asked.message, self._checks.budgets
        user = NO_USER if asked.identity is None else asked.identity.user
        fields: Json = {}
        key: tuple[str, ...] | None = None
        if route.per is not None and not route.per_room:
            key = self._key(asked, user, fields)
            budgets.check(route.name, key)
        if route.takes_body:
            fields = _body(message, route)
        if route.per_room:
            key = self._key(asked, user, fields)
            budgets.check(route.name, key)
        if route.params:
            route.check_params(asked.params)
        query = route.read_query(message.query) if route.query else {}
        answer = route.handler(Call(user, fields, asked.params, query))
        # Only what was answered is counted: a refused or failed request spends nothing.
        if key is not None:
            budgets.spend(route.name, key)
        return answer

    def _key(self, asked: Asked, user: str, fields: Json) -> tuple[str, ...]:
        """What the operation's budget is counted by, for this request."""
        found = []
        for word in asked.route.per or ():
            if word == "user":
                found.append(user)
            elif word == "room":
                found.append(fields.get("roomId") or asked.params.get("roomId", ""))
            else:
                found.append(requests.address(asked.message, self._names.trusted_header))
        return tuple(found)

    def _refused(self, message: Message, error: Exception) -> Response:
        if isinstance(error, Refusal):
            refusal = error
        else:
            self._log.fault("internal_error", error, operation=self.operation(message))
            refusal = Internal()
        own = lines(refusal.headers()) + self._checks.cors.fields(message.headers.get(b"origin"))
        return Response(refusal.status, self._plain_fields + own, _encode(refusal.body()).encode("utf-8"))

    def operation(self, message: Message) -> str:
        """For the log: the operation's name, never the path, which the client made."""
        try:
            return self._checks.router.find(message.method, message.path)[0].name
        except Refusal:
            return "none"


def _body(message: Message, route: Route) -> Json:
    check_type(message.headers.get(b"content-type"), message.headers.get(b"content-encoding"))
    fields = parse_object(message.body)
    if route.body is None:
        return fields
    try:
        if route.body.ok(fields):
            return fields
        problems = route.body.problems(fields)
    except ValueError:
        raise nested_too_deeply() from None
    text = "; ".join(f"{problem.path or 'body'}: {problem.message}" for problem in problems[:5])
    raise Invalid(text, field=problems[0].path or None)
