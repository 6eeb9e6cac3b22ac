"""Builds a request for an operation and shapes its answer; no I/O. Shared by the client and by Locust.

A Request is a value: a negative check states its fault as one edit of a valid one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from protocol.spec import Operation, Spec

Header = tuple[str, str]
JSON_TYPE = "application/json"
JSON_HEADERS: tuple[Header, ...] = (("Content-Type", JSON_TYPE),)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request for an operation. `path` is as sent: percent-encoded, with its query."""

    operation: str
    method: str
    path: str
    headers: tuple[Header, ...] = ()
    body: bytes | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The body's properties; {} where there is no JSON object in it."""
        try:
            found = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_header(self, name: str, value: str) -> Request:
        """The same request with this header in place of any of that name."""
        return replace(self, headers=(*self.without_header(name).headers, (name, value)))

    def without_header(self, name: str) -> Request:
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=kept)

    def with_body(self, body: bytes, content_type: str = JSON_TYPE) -> Request:
        return replace(self.with_header("Content-Type", content_type), body=body)

    def with_fields(self, **edits: Any) -> Request:
        """The same request with these properties of its body set."""
        return self.with_body(encode({**self.fields, **edits}))

    def without_field(self, name: str) -> Request:
        return self.with_body(encode({key: value for key, value in self.fields.items() if key != name}))

    def with_field_at(self, path: str, value: Any) -> Request:
        """Sets a property given by a dotted path, e.g. `candidate.sdpMid` or `userIds.0`."""
        fields = self.fields
        node: Any = fields
        *parents, last = path.split(".")
        for key in parents:
            node = node[int(key)] if isinstance(node, list) else node[key]
        node[int(last) if isinstance(node, list) else last] = value
        return self.with_body(encode(fields))

    def with_path(self, path: str) -> Request:
        return replace(self, path=path)

    def with_query(self, **query: str) -> Request:
        joint = "&" if "?" in self.path else "?"
        return replace(self, path=self.path + joint + urlencode(query, errors="surrogatepass"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status with headers and body, or `error` when nothing valid came.

    `body` is the decoded JSON (decrypted where it was an envelope), None where it is not JSON.
    Times are seconds on one monotonic clock.
    """

    operation: str
    status: int | None = None
    headers: tuple[Header, ...] = ()
    raw: bytes = b""
    body: Any = None
    envelope: Mapping[str, Any] | None = None
    error: str | None = None
    exchange: int = 0
    started: float = 0.0
    ended: float = 0.0

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def header_values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def ok(self) -> bool:
        """200 with a JSON object."""
        return self.status == 200 and isinstance(self.body, dict)

    def at(self, path: str, default: Any = None) -> Any:
        """The value at a dotted path of the body, e.g. `room.participantCount`."""
        node = self.body
        for key in path.split("."):
            if isinstance(node, Mapping) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
                node = node[int(key)]
            else:
                return default
        return node

    @property
    def room(self) -> dict[str, Any]:
        """The `room` of the body; {} where there is none."""
        found = self.at("room")
        return found if isinstance(found, dict) else {}

    @property
    def room_id(self) -> str:
        found = self.room.get("roomId")
        return found if isinstance(found, str) else ""

    @property
    def rooms(self) -> list[dict[str, Any]]:
        """The rooms of a listing that are objects; anything else in it is left out."""
        found = self.at("rooms")
        return [room for room in found if isinstance(room, dict)] if isinstance(found, list) else []


def encode(value: Any) -> bytes:
    """JSON as the protocol sends it: UTF-8, non-ASCII literal."""
    text: str = _ENCODER.encode(value)
    return text.encode("utf-8", "surrogatepass")


def decode(raw: bytes) -> Any:
    """The JSON value of a body, or None where it is none (bad UTF-8, NaN and endless nesting included)."""
    try:
        return _DECODER.decode(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _finite(digits: str) -> float:
    """A number that we can write again: JSON has no infinity."""
    found = float(digits)
    if math.isinf(found):
        raise ValueError(f"{digits} is beyond all bounds")
    return found


# Kept, since making one costs more than what it does.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_refused, parse_float=_finite)


class Operations:
    """Builds requests of one target. `paths` overrides path templates by operation id."""

    def __init__(self, spec: Spec, paths: Mapping[str, str] | None = None) -> None:
        self.spec = spec
        self._paths = {name: operation.path for name, operation in spec.operations.items()}
        self._paths.update(paths or {})

    def operation(self, name: str) -> Operation:
        return self.spec.operation(name)

    def path(self, name: str, params: Mapping[str, str] | None = None) -> str:
        """The operation's path with its parameters percent-encoded into it."""
        path = self._paths[name]
        for key, value in (params or {}).items():
            path = path.replace("{" + key + "}", quote(value, safe="", errors="surrogatepass"))
        return path

    def request(
        self,
        name: str,
        *,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> Request:
        """A request without credentials; `fields` become its JSON body where the operation takes one."""
        operation = self.spec.operation(name)
        path = self.path(name, params)
        if query:
            path += "?" + urlencode(query, errors="surrogatepass")
        if operation.request_schema is None and not fields:
            return Request(name, operation.method, path)
        return Request(name, operation.method, path, JSON_HEADERS, encode(dict(fields or {})))
