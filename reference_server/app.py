"""The application: takes one request after the other through the checks, in the spec's order of faults.

Unknown path or method, size, token, origin and CSRF, budget, body, and only then the handler. It holds no
state of its own (assembly.py puts it together) and does no I/O: an answer is there at once, or a coroutine
where a token has to be verified or an answer sealed.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from protocol.spec import Json
from reference_server.auth import Authenticator, Identity
from reference_server.bodies import check_encoding, check_type, nested_too_deeply, parse_object
from reference_server.budgets import Budgets, Key
from reference_server.cors import SECURITY, Cors
from reference_server.csrf import Csrf
from reference_server.forms import read_form
from reference_server.http1 import lines
from reference_server.log import Log
from reference_server.otp import normal
from reference_server.refusal import Header, Internal, Invalid, Refusal, TooLarge, Unauthorized
from reference_server.requests import Request
from reference_server.routes import Call, Counted, Route, Router
from reference_server.sealing import Sealer
from reference_server.sessions import Sessions

JSON: Header = (b"content-type", b"application/json")
NO_USER = ""

# What is encoded are dicts of our own making: no circle is in them.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class Response(NamedTuple):
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
    sessions: Sessions


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called on the wire, in lower case where that is how they are compared."""

    csrf_header: bytes
    token_cookie: bytes
    refresh_cookie: bytes
    trusted_header: bytes
    encrypted: bytes


class App:
    """Answers every HTTP request with JSON, whatever comes."""

    # A token that was seen before is answered without a task. A subclass with another `_identity` says False.
    quick: ClassVar[bool] = True

    def __init__(self, checks: Checks, names: Names, body_cap: int, log: Log) -> None:
        self._checks = checks
        self._names = names
        self._log = log
        self.body_cap = body_cap
        covered = [] if checks.sealer is None else [(names.encrypted, b"false")]
        self._bare_fields = lines([*SECURITY, *covered])
        self._plain_fields = lines([JSON, *SECURITY, *covered])
        self._sealed_fields = lines([JSON, *SECURITY, (names.encrypted, b"true")])

    # -- what the server calls

    def respond(self, request: Request) -> Reply:
        """The answer to a request; it raises nothing."""
        try:
            if request.method == "OPTIONS":
                return self._options(request)
            route, params = self._checks.router.find(request.method, request.path)
            if request.too_large:
                raise TooLarge(f"A body has fewer than {self.body_cap} bytes.")
            bearer = request.bearer()
            if route.needs_refresh:
                return self._refreshing(request, route)
            if self.quick:
                token = request.cookie(self._names.token_cookie) if bearer is None else bearer
                identity = None if token is None else self._checks.auth.cached(token)
                if identity is not None:
                    return self._checked(request, route, params, bearer, identity)
            return self._slowly(request, route, params, bearer)
        except Exception as error:
            return self._refused(request, error)

    def malformed(self, status: int, message: str) -> Response:
        """The answer to what is not HTTP."""
        body = _encode({"error": "Bad request", "message": message}).encode("utf-8")
        return Response(status, self._plain_fields, body)

    def operation(self, request: Request) -> str:
        """For the log: the operation's name, never the path, which the client made."""
        try:
            return self._checks.router.find(request.method, request.path)[0].name
        except Refusal:
            return "none"

    # -- the checks

    def _options(self, request: Request) -> Response:
        """A preflight, which has no token, or a plain question for the methods."""
        allowed = self._checks.router.allowed(request.path)
        own = lines([(b"allow", allowed.encode("ascii"))]) + self._checks.cors.preflight(request.origin)
        return self._response(request, 204, self._bare_fields + own, b"")

    async def _slowly(
        self, request: Request, route: Route, params: dict[str, str], bearer: str | None
    ) -> Response:
        """A token that was not seen before: looking at it may have to wait for the issuer's keys."""
        try:
            identity = await self._identity(request, route, bearer)
            reply = self._checked(request, route, params, bearer, identity)
            return reply if isinstance(reply, Response) else await reply
        except Exception as error:
            return self._refused(request, error)

    def _refreshing(self, request: Request, route: Route) -> Response:
        """Only the refresh token counts here, and it comes by cookie: so the CSRF rules hold."""
        token = request.cookie(self._names.refresh_cookie)
        session = None if token is None else self._checks.sessions.of(token)
        if session is None:
            raise Unauthorized("A refresh token is needed that was not used before.")
        identity = Identity(session.email, "", session.csrf, 0.0, session=session.id)
        self._guard(request, identity)
        return self._plain(request, self._handled(request, route, {}, identity))

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        """Who sends this; None only where the operation asks for no token and no good one came.

        Where a bearer is sent it alone counts.
        """
        token = request.cookie(self._names.token_cookie) if bearer is None else bearer
        if token is None:
            if route.needs_token:
                raise Unauthorized("A token is needed.")
            return None
        try:
            return self._checks.auth.cached(token) or await self._checks.auth.verify(token)
        except Unauthorized:
            if route.needs_token:
                raise
            return None

    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        """From here to the answer nothing waits: so budgets and state hold under parallel requests."""
        if route.guarded and identity is not None and bearer is None:
            self._guard(request, identity)
        answer = self._handled(request, route, params, identity)
        if self._checks.sealer is not None and route.sealed and bearer and identity is not None:
            body = _encode(answer).encode("utf-8")
            return self._sealed(request, self._checks.sealer, bearer, body)
        return self._plain(request, answer)

    def _guard(self, request: Request, identity: Identity) -> None:
        """The rules for a write by cookie. Raises Forbidden."""
        foreign = self._checks.cors.foreign(request.origin, request.headers.get(b"host"))
        self._checks.csrf.check(identity, request.headers.get(self._names.csrf_header), foreign=foreign)

    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        """Budget, body and ids, and then what the operation does."""
        budgets, counted = self._checks.budgets, route.budget
        user = NO_USER if identity is None else identity.user
        fields: Json = {}
        key: Key = ""
        if counted is not None and not counted.named:
            key = self._key(request, counted, user, "")
            budgets.check(route.name, key)
        if route.takes_body:
            fields = _body(request, route)
        if counted is not None and counted.named:
            named = fields.get(counted.named) or params.get(counted.named, "")
            key = self._key(request, counted, user, normal(named) if counted.named == "email" else named)
            budgets.check(route.name, key)
        if route.params:
            route.check_params(params)
        query = route.read_query(request.query) if route.query else {}
        answer = route.handler(Call(user, fields, params, query, identity, key, request.answering))
        # Only what was answered is counted: a refused or failed request spends nothing.
        if counted is not None:
            budgets.spend(route.name, key)
        return answer

    def _key(self, request: Request, counted: Counted, user: str, room: str) -> Key:
        """Which budget of the operation it is."""
        address = request.address(self._names.trusted_header) if counted.by_address else ""
        return counted.key((user, room, address))

    # -- the answers

    def _plain(self, request: Request, answer: Json) -> Response:
        added = request.answering
        fields = self._plain_fields + lines(added) if added else self._plain_fields
        return self._response(request, 200, fields, _encode(answer).encode("utf-8"))

    async def _sealed(self, request: Request, sealer: Sealer, token: str, body: bytes) -> Response:
        try:
            return self._response(request, 200, self._sealed_fields, await sealer.seal(token, body))
        except Exception as error:
            return self._refused(request, error)

    def _refused(self, request: Request, error: Exception) -> Response:
        if isinstance(error, Refusal):
            refusal = error
        else:
            self._log.fault("internal_error", error, operation=self.operation(request))
            refusal = Internal()
        fields = self._plain_fields + lines(refusal.headers())
        return self._response(request, refusal.status, fields, _encode(refusal.body()).encode("utf-8"))

    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        """Every answer to a request is made here."""
        return Response(status, fields + self._checks.cors.fields(request.origin), body)


def _body(request: Request, route: Route) -> Json:
    if route.takes_form:
        check_encoding(request.headers.get(b"content-encoding"))
        fields = read_form(request.headers.get(b"content-type"), request.body)
        plain: Json = {name: text if isinstance(text, str) else "" for name, text in fields.items()}
    else:
        check_type(request.headers.get(b"content-type"), request.headers.get(b"content-encoding"))
        fields = plain = parse_object(request.body)
    if route.body is None:
        return fields
    try:
        if route.body.ok(plain):
            return fields
        problems = route.body.problems(plain)
    except ValueError:
        raise nested_too_deeply() from None
    text = "; ".join(f"{problem.path or 'body'}: {problem.message}" for problem in problems[:5])
    raise Invalid(text, field=problems[0].path or None)
