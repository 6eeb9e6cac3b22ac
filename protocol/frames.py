"""Frames of the data channel (protocol section 5): read and validated, and made. Pure.

What a type must look like is asyncapi.yaml's business. A frame that is refused comes back as Refused, which
says why; nothing is raised for what a stranger sent.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from protocol.spec import Json, Spec, SpecError
from protocol.validation import Problem, Validator, told

ASYNCAPI, OPENAPI = "asyncapi.yaml", "openapi.yaml"
DEFAULT_TYPE = "message"  # of a frame without `type`
LIMIT = "x-max-bytes"
COMBINED = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True)
class Frame:
    """A valid frame: its type, its members, and the text that it came as."""

    type: str
    body: Json
    text: str

    def sender(self, spec: Spec) -> str | None:
        """Who the frame says sent it; None for a type that says nothing of it."""
        field = spec.asyncapi["components"]["messages"][self.type].get("x-sender")
        return self.body[field] if field is not None else None


@dataclass(frozen=True)
class Refused:
    """A frame that is not taken, and why. `type` is what it says it is, where that much could be read."""

    why: str
    type: str | None = None


def encode(body: Json) -> str:
    """The text of a frame: JSON without spaces, other than ASCII as it is."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def decode(spec: Spec, text: str) -> Frame | Refused:
    """The frame that a text is."""
    if len(text) > frame_bytes(spec):  # a code point has a byte at least
        return Refused(f"it has more than {frame_bytes(spec)} characters")
    try:
        body = json.loads(text, parse_float=_number, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return Refused(f"it is not JSON: {str(error)[:100]}")
    if not isinstance(body, dict):
        return Refused(f"it is no JSON object but {type(body).__name__}")
    kind = body.get("type", DEFAULT_TYPE)
    if not isinstance(kind, str) or kind not in types(spec):
        return Refused("its type is unknown", kind if isinstance(kind, str) else None)
    problems = problems_of(spec, kind, body, text)
    return Refused("; ".join(problems), kind) if problems else Frame(kind, body, text)


def types(spec: Spec) -> frozenset[str]:
    """The types of frames that there are."""
    return frozenset(spec.asyncapi["components"]["messages"])


def problems_of(spec: Spec, kind: str, body: Json, text: str | None = None) -> list[str]:
    """What is wrong with a frame of this type, in words; empty where valid. `text` is what it came as."""
    # `type` may be left out of a message, so the schema does not ask for it there; elsewhere it does.
    validator = _validator(spec, kind)
    found = [] if validator.ok(body) else told(validator.problems(body))
    if found:
        return found
    limit = spec.asyncapi["components"]["messages"][kind].get(LIMIT)
    size = len((encode(body) if text is None else text).encode())
    if limit is not None and size > limit:
        found.append(f"it has {size} bytes, more than {limit}")
    return [
        *found,
        *(f"{problem.path} {problem.message}" for problem in _too_long(_schema(spec, kind), body, "")),
    ]


def content_bytes(spec: Spec) -> int:
    """How many bytes of UTF-8 the content of a message may have."""
    limit: int = spec.asyncapi["components"]["schemas"]["ChatFrame"]["properties"]["content"][LIMIT]
    return limit


def frame_bytes(spec: Spec) -> int:
    """The size from which on a frame is not even read: that from which on no request is."""
    limit: int = spec.limits["body_bytes"]
    return limit


def fits(spec: Spec, content: str) -> bool:
    """Whether a content may be sent: text of no more bytes than allowed."""
    try:
        return len(content.encode()) <= content_bytes(spec)
    except UnicodeEncodeError:
        return False


def timestamp(now: float | None = None) -> str:
    """ISO 8601 in UTC, with milliseconds. `now` is in epoch seconds."""
    when = datetime.now(UTC) if now is None else datetime.fromtimestamp(now, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Author:
    """Makes the frames of one person in one room, valid for their types."""

    user_id: str
    name: str
    room: str

    def chat(self, content: str, *, kind: str = "message", sealed: Json | None = None, **more: Any) -> Json:
        """A `message`, `system`, `join` or `leave`. With `sealed` (encryptedData) its content is empty."""
        frame = {
            "type": kind,
            "id": f"msg_{secrets.token_hex(12)}",
            "roomId": self.room,
            "senderId": self.user_id,
            "senderName": self.name,
            "timestamp": timestamp(),
            "content": content if sealed is None else "",
            "encrypted": sealed is not None,
        }
        return {**frame, **({} if sealed is None else {"encryptedData": sealed}), **more}

    def typing(self) -> Json:
        return self._of_user("typing")

    def typing_stop(self) -> Json:
        return self._of_user("typing_stop")

    def presence(self, status: str) -> Json:
        return {**self._of_user("presence"), "status": status}

    def ice_candidate(self, candidate: str, mid: str | None, index: int | None) -> Json:
        line = {"candidate": candidate, "sdpMid": mid, "sdpMLineIndex": index}
        return {
            "type": "ice-candidate",
            "candidate": line,
            "roomId": self.room,
            "fromUserId": self.user_id,
        }

    def room_key_request(self) -> Json:
        return {"type": "room_key_request", "roomId": self.room, "requesterId": self.user_id}

    def room_key_response(self, room_key: str, key_hash: str) -> Json:
        return {
            "type": "room_key_response",
            "roomId": self.room,
            "roomKey": room_key,
            "keyHash": key_hash,
            "senderId": self.user_id,
        }

    def sync_request(self, chain_id: str, last_number: int | None, last_timestamp: str | None) -> Json:
        return {
            "type": "sync_request",
            "chainId": chain_id,
            "lastBlockNumber": last_number,
            "lastTimestamp": last_timestamp,
            "requesterId": self.user_id,
        }

    def peer_info(self, **peer: Any) -> Json:
        return {"type": "peer_info", "peer": {"userId": self.user_id, "userName": self.name, **peer}}

    def chunk_request(self, chunk_id: int) -> Json:
        return {"type": "chunk_request", "chunkId": chunk_id, "requesterId": self.user_id}

    def chunk_response(self, chunk_id: int, blocks: list[Json]) -> Json:
        return {
            "type": "chunk_response",
            "chunk": {"chunkId": chunk_id},
            "blocks": blocks,
            "responderId": self.user_id,
        }

    def _of_user(self, kind: str) -> Json:
        return {
            "type": kind,
            "userId": self.user_id,
            "userName": self.name,
            "roomId": self.room,
            "timestamp": timestamp(),
        }


# -- inside


def _number(text: str) -> int | float:
    """To ECMAScript 1.0 and 1e2 are integers, so they are here."""
    value = float(text)
    return int(value) if math.isfinite(value) and value.is_integer() and abs(value) < 2**53 else value


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


@cache
def _schema(spec: Spec, kind: str) -> Json:
    payload = spec.asyncapi["components"]["messages"][kind]["payload"]
    found: Json = _across({ASYNCAPI: spec.asyncapi, OPENAPI: spec.openapi}, payload, ASYNCAPI, ())
    return found


@cache
def _validator(spec: Spec, kind: str) -> Validator:
    return Validator(_schema(spec, kind))


def _across(documents: dict[str, Json], node: Any, file: str, seen: tuple[str, ...]) -> Any:
    """Replaces every `$ref` by what it points at, in this file or another. Recursive schemas are refused."""
    if isinstance(node, list):
        return [_across(documents, item, file, seen) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return {key: _across(documents, value, file, seen) for key, value in node.items()}
    where, _, path = reference.partition("#/")
    there = where.removeprefix("./") or file
    if f"{there}#{path}" in seen:
        raise SpecError(f"{file}: {reference}: refers to itself")
    target: Any = documents.get(there)
    for part in path.split("/"):
        try:
            target = target[part.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise SpecError(f"{file}: $ref {reference}: points at nothing") from None
    found = _across(documents, target, there, (*seen, f"{there}#{path}"))
    rest = {key: value for key, value in node.items() if key != "$ref"}
    return {**found, **_across(documents, rest, file, seen)} if rest else found


def _too_long(schema: Json, value: Any, where: str) -> Iterator[Problem]:
    """Where a value has more bytes than the schema's `x-max-bytes`, which no validator knows."""
    limit = schema.get(LIMIT)
    if limit is not None and isinstance(value, str) and len(value.encode()) > limit:
        yield Problem(where, f"has {len(value.encode())} bytes, more than {limit}")
    for word in COMBINED:
        for part in schema.get(word, ()):
            yield from _too_long(part, value, where)
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if name in value:
                yield from _too_long(part, value[name], f"{where}.{name}" if where else name)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _too_long(schema["items"], item, f"{where}[{index}]")
