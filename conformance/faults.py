"""Faults of a request body, made from its schema: what is missing, of a wrong type, too long, ill-formed.

Each is one edit of a valid request. Values that a pattern cannot be turned into are data (probes.yaml).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from conformance.things import filler, relay_candidate, sdp_of_length
from protocol.operations import Request
from protocol.spec import Json, Spec

# So many refused requests fit beside their twin into the smallest budget, where a target counts them too.
AT_ONCE = 4
# They must be the acting user's: a value that is ill-formed is somebody else's too, so it may be 403 as well.
OWN_IDS = ("broadcasterId", "userId", "fromUserId")
WRONG: dict[str, list[Any]] = {
    "string": [42, ["parley"], {"parley": True}, None],
    "boolean": ["true", 1, None, []],
    "integer": ["1", 1.5, [], {}],
    "array": ["parley", {"0": "parley"}, 42, None],
    "object": ["parley", ["parley"], 42, None],
}


@dataclass(frozen=True)
class Fault:
    """One field of an operation and the values to try for it."""

    operation: str
    field: str
    values: tuple[Any, ...] = ()

    @property
    def words(self) -> str:
        """What is wrong with the request; the value itself stands in the exchange."""
        return f"{self.operation} {'with a bad' if self.values else 'without'} {self.field}"

    @property
    def refusals(self) -> tuple[int, ...]:
        """The statuses that refuse its values, where they are more than the requirement's own."""
        return (400, 403) if self.values and self.field in OWN_IDS else ()

    def edits(self) -> Iterator[Callable[[Request], Request]]:
        """An edit for each value; without values, the one that leaves the field out."""
        if not self.values:
            yield partial(without, path=self.field)
        for value in self.values:
            yield partial(Request.with_field_at, path=self.field, value=value)


Cases = Iterable[tuple[str, Fault]]


def without(request: Request, path: str) -> Request:
    """The request without the property at a dotted path."""
    head, _, rest = path.partition(".")
    if not rest:
        return request.without_field(path)
    inner = {key: value for key, value in request.fields[head].items() if key != rest}
    return request.with_fields(**{head: inner})


def fields(schema: Json, prefix: str = "") -> Iterator[tuple[str, Json, bool]]:
    """Every property of a body's schema: its dotted path, its schema, whether it is required."""
    for name, inner in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        yield prefix + name, inner, required
        if inner.get("type") == "object":
            yield from fields(inner, f"{prefix}{name}.")


def bodies(spec: Spec, requirement: str) -> Iterator[tuple[str, str, Json, bool]]:
    """(operation, field, schema, required) for the operations that the requirement names."""
    for operation in spec.requirement(requirement).operations:
        schema = spec.operation(operation).request_schema
        for path, inner, required in fields(schema or {}):
            yield operation, path, inner, required


def missing(spec: Spec) -> Cases:
    for operation, field, _, required in bodies(spec, "VAL-1"):
        if required:
            yield f"{operation}.{field}", Fault(operation, field)


def wrong_types(spec: Spec) -> Cases:
    for operation, field, schema, _ in bodies(spec, "VAL-2"):
        kinds = schema["type"]
        allowed = [kinds] if isinstance(kinds, str) else kinds
        values = tuple(value for value in WRONG[allowed[0]] if not (value is None and "null" in allowed))
        yield f"{operation}.{field}", Fault(operation, field, values)
        if schema.get("type") == "array":
            yield f"{operation}.{field} items", Fault(operation, field, ([42], [None], [["parley"]]))


def over_limits(spec: Spec) -> Cases:
    for operation, field, schema, _ in bodies(spec, "VAL-3"):
        values: list[Any] = []
        if "maxLength" in schema:
            values.append(of_length(field, schema["maxLength"] + 1))
        if schema.get("minLength"):
            values.append("")
        if "maxItems" in schema:
            values.append([f"parley-{number}" for number in range(schema["maxItems"] + 1)])
        if schema.get("minItems"):
            values.append([])
        if "maxLength" in schema.get("items", {}):
            values += [["a" * (schema["items"]["maxLength"] + 1)], [""]]
        if "minimum" in schema:
            values.append(schema["minimum"] - 1)
        if values:
            yield f"{operation}.{field}", Fault(operation, field, tuple(values))


def at_limits(spec: Spec) -> Cases:
    """Values exactly at their limits. Ids of rooms are left out, for no room has such an id; those of the
    acting user are a matter of who asks (a_user_id_at_its_limit_is_accepted).
    """
    for operation, field, schema, _ in bodies(spec, "VAL-5"):
        values: list[Any] = []
        if field in ("roomId", "parentRoomId", "broadcasterId", "userId", "fromUserId"):
            continue
        if "maxLength" in schema:
            values.append(of_length(field, schema["maxLength"]))
        if schema.get("minLength"):
            values.append("a")
        if "maxItems" in schema:
            values.append([f"parley-{number}" for number in range(schema["maxItems"])])
        if "maxLength" in schema.get("items", {}):
            values.append(["a" * schema["items"]["maxLength"]])
        for number, value in enumerate(values, 1):
            yield f"{operation}.{field} {number}", Fault(operation, field, (value,))


def pattern_violations(spec: Spec) -> Cases:
    known = spec.probes["pattern_violations"]
    for operation, field, schema, _ in bodies(spec, "VAL-4"):
        items = schema.get("items", {})
        if not {"pattern", "const", "enum"} & (schema.keys() | items.keys()) or field.startswith("candidate"):
            continue
        values = known[kind_of(field)]
        if field == "type":
            values = [value for value in values if value != schema.get("const")]
        if items:
            values = [[value] for value in values]
        for number, chunk in enumerate(chunks(values), 1):
            yield f"{operation}.{field} {number}", Fault(operation, field, chunk)


def chunks(values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """The values, as many at a time as one user may be refused for."""
    rest = iter(values)
    while chunk := tuple(itertools.islice(rest, AT_ONCE)):
        yield chunk


def kind_of(field: str) -> str:
    """Which probes of pattern_violations are a field's."""
    if field in ("roomId", "parentRoomId"):
        return "roomId"
    if field in ("offer", "answer"):
        return "sdp"
    if field.endswith("Name"):
        return "name"
    return field if field in ("keyHash", "type") else "id"


def of_length(field: str, length: int) -> str:
    """A value of so many characters that is otherwise valid for the field."""
    if field in ("offer", "answer"):
        return sdp_of_length(length)
    if field in ("roomId", "parentRoomId"):
        return "room_" + "a" * (length - len("room_"))
    if field.startswith("candidate"):
        return relay_candidate()
    if field.endswith("Name") or field == "encryptedRoomKey":
        return filler(length)
    return "a" * length
