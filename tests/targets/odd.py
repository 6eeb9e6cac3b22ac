"""Answers of no agreed type, whole (`odd-types` of hostile.py) or in one place (`corrupts`).

The same number gives the same fault.
"""

from __future__ import annotations

import functools
import json
import random
from typing import Any

VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        10**40,
        "",
        "0",
        "\ud800",
        "\x00",
        "room_parley",
        "2026-13-45T99:99:99Z",
    ),
    *([], {}, [[]], [None], {"roomId": None}, [{"roomId": {}}], {"": ""}, "https://user:pass@[::1", "=" * 40),
]
STATUSES = [*[200] * 8, 201, 204, 304, 400, 401, 403, 404, 404, 418, 429, 500, 599]
HEADERS = [
    "Retry-After: soon",
    "X-RateLimit-Reset: never",
    "X-RateLimit-Remaining: ",
    "X-Encrypted: true",
    "Content-Type: ;;;",
    "Content-Type: application/json",
    "Date: yesterday",
    "Vary: \xe9",
    "Server: \xff\xfe",
    "Access-Control-Allow-Origin: *, null",
    "Access-Control-Allow-Methods: ,,,",
    "Access-Control-Expose-Headers: \t",
    "Set-Cookie: =;=",
    "WWW-Authenticate: ",
]
FIELDS = (
    *(
        "roomId",
        "broadcasterId",
        "broadcasterName",
        "createdAt",
        "customName",
        "participantCount",
        "isPublic",
    ),
    *(
        "lastActivity",
        "encryptedRoomKey",
        "keyHash",
        "keyVersion",
        "invitedUsers",
        "createdBy",
        "isPartyRoom",
    ),
)
MEMBERS = (
    *("success", "message", "error", "retryAfter", "offer", "answer", "type", "fromUserId", "next", "ttl"),
    *(
        "status",
        "service",
        "timestamp",
        "version",
        "encrypted",
        "iv",
        "salt",
        "tokenHash",
        "data",
        "algorithm",
    ),
    *("details", "title", "instance", "invitedUsers", "credential", "token", "csrf"),
)
BODIES = [b'{"a": NaN}', b'{"a": 1e9999}', b"null", b"[[[[", b"9" * 9000, b"", b"\xef\xbb\xbf{}"]


def answer(number: int) -> bytes:
    """A whole HTTP answer."""
    chance = random.Random(number)
    status = chance.choice(STATUSES)
    raw = b"" if status in (204, 304) else _raw(chance)
    headers = chance.sample(HEADERS, chance.randrange(len(HEADERS)))
    lines = [f"HTTP/1.1 {status} \xff", f"Content-Length: {len(raw)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + raw


def corrupted(whole: bytes, number: int, share: float = 0.3) -> bytes:
    """The answer with one value of its body, or one header, replaced: in a share of all numbers."""
    chance = random.Random(number)
    head, _, raw = whole.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if chance.random() > share:
        return whole
    if chance.random() < 0.2:
        lines.append(chance.choice(HEADERS))
    else:
        try:
            raw = json.dumps(_with_one_odd(json.loads(raw), chance)).encode()
        except ValueError:
            raw = chance.choice(BODIES)
    kept = [line for line in lines if not line.lower().startswith("content-length:")]
    return "\r\n".join([*kept, f"Content-Length: {len(raw)}"]).encode("latin-1") + b"\r\n\r\n" + raw


def _with_one_odd(value: Any, chance: random.Random) -> Any:
    """The value with one of the places in it replaced, or left out."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.05:
        return chance.choice(VALUES)
    if isinstance(value, list):
        place = chance.randrange(len(value))
        return [*value[:place], _with_one_odd(value[place], chance), *value[place + 1 :]]
    name = chance.choice(sorted(value))
    if chance.random() < 0.2:
        return {key: item for key, item in value.items() if key != name}
    return {**value, name: _with_one_odd(value[name], chance)}


def _raw(chance: random.Random) -> bytes:
    if chance.random() < 0.05:
        return chance.choice(BODIES)
    return json.dumps(_body(chance)).encode()


def _body(chance: random.Random) -> Any:
    odd = functools.partial(chance.choice, VALUES)
    if chance.random() < 0.05:
        return odd()
    room = _room(chance)
    body: dict[str, Any] = {name: odd() for name in MEMBERS if chance.random() < 0.9}
    body["room"] = chance.choice([room, room, room, odd()])
    body["rooms"] = chance.choice([[room, odd(), _room(chance)], [odd()], odd()])
    server = {"urls": odd(), "username": odd(), "credential": odd()}
    body["iceServers"] = chance.choice([[server], [server, odd()], odd()])
    item = {"candidate": odd(), "sdpMid": odd(), "fromUserId": odd()}
    body["candidates"] = chance.choice([[item, odd()], [item], odd()])
    return body


def _room(chance: random.Random) -> dict[str, Any]:
    room = {name: chance.choice(VALUES) for name in FIELDS}
    if chance.random() < 0.8:
        room["roomId"] = chance.choice(["room_parley", "\ud800", "/..%00?#", "room_" + "x" * 9000])
    if chance.random() < 0.5:
        room["participantCount"], room["lastActivity"] = chance.randrange(4), chance.randrange(9)
    return room
