"""The route table, built from the spec's operations: which operation a method and a path mean.

Paths are compared as sent: nothing is normalised, and only the ids in them are percent-decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_to_bytes

from protocol.spec import Json, Operation, Spec
from protocol.validation import Validator, request_validator
from reference_server.budgets import Key
from reference_server.refusal import Header, Invalid, MethodNotAllowed, NotFound

if TYPE_CHECKING:
    from reference_server.auth import Identity

# Where each word of a budget's `per` stands in what its key is picked from; a room and an e-mail address are
# both named by the request, and none names the two.
BUDGET_WORDS = {"user": 0, "room": 1, "email": 1, "address": 2}
NAMED_BY = {"room": "roomId", "email": "email"}


@dataclass(slots=True)
class Call:
    """One request that passed every check, as a handler gets it; `headers` are for the answer.

    `key` is that of its budget.
    """

    user: str
    fields: dict[str, Any]
    params: Mapping[str, str]
    query: Mapping[str, str]
    identity: Identity | None = None
    key: Key = ""
    headers: list[Header] = field(default_factory=list)


Handler = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Counted:
    """What an operation's budget is counted by. `key` picks it out of user, what is named, and address."""

    key: Callable[[tuple[str, str, str]], Key]
    named: str  # the property, of the body or the path, that is needed to know which budget it is; or ""
    by_address: bool

    @staticmethod
    def by(operation_id: str, words: tuple[str, ...]) -> Counted:
        """Raises RouteError for words that this server cannot count by."""
        if not words or not set(words) <= BUDGET_WORDS.keys() or {"room", "email"} <= set(words):
            known = ", ".join(BUDGET_WORDS)
            raise RouteError(f"policy.yaml: budgets.{operation_id}.per: expected some of {known}")
        pick = itemgetter(*(BUDGET_WORDS[word] for word in words))
        named = next((NAMED_BY[word] for word in words if word in NAMED_BY), "")
        return Counted(pick, named, "address" in words)


@dataclass(frozen=True, slots=True)
class Route:
    """An operation and everything that is asked before its handler runs."""

    name: str
    handler: Handler
    needs_token: bool
    needs_refresh: bool  # a refresh token in its cookie, in place of any other
    guarded: bool  # a write: the CSRF rules cover it
    sealed: bool
    body: Validator | None
    takes_body: bool
    takes_form: bool  # its body is a form, and no JSON
    budget: Counted | None
    params: Mapping[str, Validator] = field(default_factory=dict)
    query: Mapping[str, Validator] = field(default_factory=dict)

    def check_params(self, found: Mapping[str, str]) -> None:
        for name, validator in self.params.items():
            if not validator.ok(found[name]):
                raise Invalid(f"{name}: is no valid id", field=name)

    def read_query(self, raw: bytes) -> dict[str, str]:
        """The declared parameters of a query string; others are ignored."""
        if not self.query or not raw:
            return {}
        try:
            pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=50, errors="strict")
        except ValueError:
            raise Invalid("The query string cannot be read.") from None
        found: dict[str, str] = {}
        for name, value in pairs:
            if name not in self.query:
                continue
            if name in found or not self.query[name].ok(value):
                raise Invalid(f"{name}: is not valid, or given twice", field=name)
            found[name] = value
        return found


class RouteError(Exception):
    """The spec asks for something that this server cannot do; the message names it."""


def operation_route(spec: Spec, operation: Operation, handler: Handler) -> Route:
    """The route of one operation. Raises RouteError."""
    has_body = operation.request_schema is not None
    return Route(
        name=operation.id,
        handler=handler,
        needs_token=operation.needs_token,
        needs_refresh=operation.needs_refresh,
        # What asks for no credential is no write in anybody's name.
        guarded=operation.writes and (operation.needs_token or operation.needs_refresh),
        sealed=operation.tag not in spec.policy["envelope"]["plain_tags"],
        body=request_validator(spec, operation.id) if has_body else None,
        takes_body=has_body,
        takes_form=operation.takes == "multipart/form-data",
        budget=None if operation.budget is None else Counted.by(operation.id, operation.budget.per),
        params={name: Validator(schema) for name, schema in operation.path_params.items()},
        query={name: Validator(schema) for name, schema in operation.query_params.items()},
    )


Methods = dict[str, Route]


class Router:
    """Finds the route of a request. Plain paths are looked up, those with ids compared part by part."""

    def __init__(self) -> None:
        self._plain: dict[str, Methods] = {}
        self._templates: list[tuple[list[str], Methods]] = []

    def add(self, method: str, path: str, route: Route) -> None:
        if "{" not in path:
            self._plain.setdefault(path, {})[method] = route
            return
        parts = path.split("/")
        for known, methods in self._templates:
            if known == parts:
                methods[method] = route
                return
        self._templates.append((parts, {method: route}))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Raises NotFound for an unknown path, MethodNotAllowed for a method that it does not have."""
        methods, raw = self._methods(path)
        route = methods.get(method)
        if route is None:
            raise MethodNotAllowed(self._allowed(methods))
        return route, {name: _decoded(name, value) for name, value in raw.items()} if raw else raw

    def allowed(self, path: str) -> str:
        """The methods of a path, as the header Allow has them. Raises NotFound."""
        return self._allowed(self._methods(path)[0])

    @staticmethod
    def _allowed(methods: Methods) -> str:
        return ", ".join(sorted([*methods, "OPTIONS"]))

    def _methods(self, path: str) -> tuple[Methods, dict[str, str]]:
        methods = self._plain.get(path)
        if methods is not None:
            return methods, {}
        parts = path.split("/")
        for template, found in self._templates:
            if len(template) == len(parts) and all(
                known == part or known[:1] == "{" for known, part in zip(template, parts, strict=True)
            ):
                ids = zip(template, parts, strict=True)
                return found, {known[1:-1]: part for known, part in ids if known[:1] == "{"}
        raise NotFound("There is nothing at this path.")


def _decoded(name: str, part: str) -> str:
    if "%" not in part:
        return part
    try:
        return unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"{name}: is no valid id", field=name) from None
