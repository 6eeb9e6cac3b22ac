"""Two servers of one mind: one refuses whatever is asked, the other accepts it.

    python tests/targets/one_minded.py refuses --status 401
    python tests/targets/one_minded.py accepts

Their answers have the shape that the protocol asks for, so nothing but the mind itself is wrong with them.
Both let anybody with credentials see their health, and have a test clock that moves nothing. A negative check
that passes at the first, or does not fail at the second, has lost its twin.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import functools
import hashlib
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hostile import Connection, Request, Settings, health, json_bytes, now, serve

STATUSES = (400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429)
RETRY_AFTER_S = 60
Fields = dict[str, Any]


def headers_of(request: Request) -> dict[str, str]:
    pairs = (line.partition(":") for line in request.head.decode("latin-1").split("\r\n")[1:])
    return {name.lower(): value.strip() for name, _, value in pairs}


def credential(request: Request) -> tuple[str, str]:
    """How the token came (bearer, cookie, query or not at all), and the token."""
    headers = headers_of(request)
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return "bearer", token
    cookie = re.search(r"(?:^|;)\s*auth_token=([^;]*)", headers.get("cookie", ""))
    if cookie:
        return "cookie", cookie[1]
    query = re.search(r"[?&](?:token|access_token|auth_token|jwt)=([^&]*)", request.path)
    return ("query", query[1]) if query else ("", "")


def cross_origin(request: Request) -> dict[str, str]:
    """What every answer carries, so that no check ends for want of it."""
    return {
        "Access-Control-Allow-Origin": headers_of(request).get("origin", "null"),
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": "Content-Type, Authorization, X-CSRF-Token",
        "Vary": "Origin",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def in_passing(request: Request) -> Fields | None:
    """The body of what both answer well: the test control, and health to whoever has credentials."""
    path = request.path.split("?")[0]
    if path.startswith("/__test__/"):
        return {"now": int(time.time() * 1000), "otp": f"{secrets.randbelow(10**9):09d}"}
    if path == "/health" and credential(request)[0]:
        return health("one-minded")
    return None


# -- the one that refuses


def refusal(status: int) -> tuple[Fields, dict[str, str]]:
    body: Fields = {"error": "refused", "message": "This is refused, as everything is."}
    if status == 401:
        return body, {"WWW-Authenticate": "Bearer"}
    if status != 429:
        return body, {}
    reset = str(int((time.time() + RETRY_AFTER_S) * 1000))
    limits = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    return {**body, "retryAfter": RETRY_AFTER_S}, {"Retry-After": str(RETRY_AFTER_S), **limits}


async def refuses(status: int, connection: Connection) -> None:
    while request := await connection.request():
        body = in_passing(request)
        if body is not None:
            await connection.answer(200, json_bytes(body))
            continue
        body, headers = refusal(status)
        await connection.answer(status, json_bytes(body), headers={**cross_origin(request), **headers})


# -- the one that accepts


def user_of(token: str) -> str:
    """Whom the token names: nothing of it is verified."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims.get("customerId") or claims.get("userId") or claims.get("sub") or "nobody")
    except (AttributeError, IndexError, ValueError):
        return "nobody"


def fields_of(body: bytes) -> Fields:
    """What the body says; an empty object where it says nothing that can be read."""
    try:
        found = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    found = found if isinstance(found, dict) else {}
    inherited = found.get("__proto__")
    return {**(inherited if isinstance(inherited, dict) else {}), **found}


def text(value: Any, otherwise: str) -> str:
    return value if isinstance(value, str) and value else otherwise


def sealed(token: str, body: Fields) -> Fields:
    """The body in the envelope of bearer answers."""
    salt, iv = os.urandom(16), os.urandom(12)
    key = hashlib.pbkdf2_hmac("sha256", token.encode(), salt, 100_000, 32)
    data = AESGCM(key).encrypt(iv, json_bytes(body), None)
    parts = {"iv": iv, "salt": salt, "data": data}
    return {
        "version": 3,
        "encrypted": True,
        "algorithm": "AES-GCM-256",
        "tokenHash": hashlib.sha256(token.encode()).hexdigest(),
        "timestamp": now(),
        **{name: base64.b64encode(part).decode() for name, part in parts.items()},
    }


@dataclass
class Accepting:
    """What it was told, and never doubts: rooms live for ever, mail stays, everybody is in every room."""

    rooms: dict[str, Fields] = field(default_factory=dict)
    mail: dict[tuple[str, str], Fields] = field(default_factory=dict)
    candidates: dict[str, list[Fields]] = field(default_factory=dict)
    emojis: list[Fields] = field(default_factory=list)

    def body(self, request: Request) -> Fields:
        path, _, query = request.path.partition("?")
        user, given = user_of(credential(request)[1]), fields_of(request.body)
        parts = path.split("/")[2:]
        name = parts[0] if parts else ""
        if path.startswith("/auth/"):
            return signed_in(text(given.get("email"), user))
        if path.startswith("/emoji/"):
            return self.emoji(user, request.body)
        room_id = text(given.get("roomId"), parts[1] if len(parts) > 1 else "room_any")
        if request.method == "GET" and name in ("offer", "answer", "candidates"):
            return self.read(name, room_id, query)
        if name in ("rooms", "party-rooms"):
            return {"rooms": [room for room in self.rooms.values() if room["isPublic"] or name != "rooms"]}
        if name in ("create-room", "create-party-room"):
            return {"room": self.create(user, given, party="party" in name)}
        if name == "party-room":
            return {"invitedUsers": self.invite(room_id, given)}
        if name == "ice-servers":
            return ice_servers(user)
        return self.write(name, room_id, user, given)

    def emoji(self, user: str, form: bytes) -> Fields:
        name = re.search(rb'name="name"\r\n\r\n(.*?)\r\n--', form, re.DOTALL)
        if name is not None:
            found = {"name": name[1].decode("utf-8", "replace"), "domain": "any.example", "uploadedBy": user}
            place = {"id": f"emoji_{secrets.token_hex(8)}", "url": "/emoji/image", "uploadedAt": now()}
            self.emojis.append({**found, **place})
        return {"emojis": self.emojis, "emoji": (self.emojis or [{}])[-1]}

    def create(self, user: str, given: Fields, *, party: bool = False, room_id: str = "") -> Fields:
        broadcaster = text(given.get("broadcasterId"), user)
        room: Fields = {
            "roomId": room_id or f"room_{secrets.token_hex(16)}",
            "broadcasterId": broadcaster,
            "broadcasterName": text(given.get("broadcasterName"), "Somebody"),
            "createdAt": now(),
            "participantCount": 1,
            "isPublic": not party,
            "lastActivity": int(time.time() * 1000),
        }
        for name in ("customName", "encryptedRoomKey", "keyHash"):
            if isinstance(given.get(name), str):
                room[name] = given[name]
        if "encryptedRoomKey" in room:
            room["keyVersion"] = 1
        if party:
            room |= {"isPartyRoom": True, "createdBy": broadcaster, "invitedUsers": []}
            room |= {"parentRoomId": text(given.get("parentRoomId"), "room_parent")}
        self.rooms[room["roomId"]] = room
        if party:
            self.invite(room["roomId"], {"userIds": given.get("invitedUsers")})
        return room

    def room(self, room_id: str) -> Fields:
        return self.rooms.get(room_id) or self.create("nobody", {}, room_id=room_id)

    def invite(self, room_id: str, given: Fields) -> list[str]:
        guests = given.get("userIds")
        invited: list[str] = self.room(room_id).setdefault("invitedUsers", [])
        for guest in guests if isinstance(guests, list) else []:
            if isinstance(guest, str) and guest not in invited:
                invited.append(guest)
        return invited

    def write(self, name: str, room_id: str, user: str, given: Fields) -> Fields:
        room = self.room(room_id)
        if name in ("join-room", "heartbeat", "leave"):
            room["participantCount"] += {"join-room": 1, "heartbeat": 0, "leave": -1}[name]
            room["lastActivity"] = int(time.time() * 1000)
        if name in ("offer", "answer"):
            sender = text(given.get("fromUserId"), user)
            self.mail[room_id, name] = {
                name: text(given.get(name), "v=0\r\n"),
                "type": name,
                "fromUserId": sender,
            }
        if name == "candidate":
            item = given.get("candidate")
            item = item if isinstance(item, dict) else {}
            line = text(item.get("candidate"), "")
            sent = {"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0, "fromUserId": user}
            self.candidates.setdefault(room_id, []).append(sent)
        return {"message": "Done.", "room": room}

    def read(self, name: str, room_id: str, query: str) -> Fields:
        if name == "candidates":
            sent = self.candidates.get(room_id, [])
            since = re.search(r"since=(\d+)", query)
            return {"candidates": sent[int(since[1]) if since else 0 :], "next": str(len(sent))}
        nothing = {name: "v=0\r\n", "type": name, "fromUserId": "nobody"}
        return self.mail.get((room_id, name), nothing)


def signed_in(user: str) -> Fields:
    """What a login is answered with; the token says whose it is, and nobody signed it."""
    payload = base64.urlsafe_b64encode(json_bytes({"customerId": "somebody", "csrf": "a word"}))
    token = f"e30.{payload.decode().rstrip('=')}.e30"
    tokens = {"access_token": token, "token": token, "token_type": "Bearer", "expires_in": 900}
    asked = {"message": f"A code is on its way to {user}.", "expiresIn": 600, "remaining": 2}
    me = {"customerId": "somebody", "sub": "somebody", "displayName": "Somebody", "csrf": "a word"}
    return {**asked, **tokens, **me, "expiresAt": now()}


def ice_servers(user: str) -> Fields:
    username = f"{int(time.time()) + 600}:{user}"
    server = {"urls": ["turn:turn.example:3478"], "username": username, "credential": secrets.token_hex(8)}
    return {"iceServers": [server], "ttl": 600}


async def accepts(state: Accepting, connection: Connection) -> None:
    while request := await connection.request():
        way, token = credential(request)
        headers = cross_origin(request)
        body = in_passing(request)
        if request.path.split("?")[0] == "/health" and body is None:
            body, more = refusal(401)  # the one thing that it wants to see is any token
            await connection.answer(401, json_bytes(body), headers={**headers, **more})
            continue
        body = body or {"success": True, **state.body(request)}
        if request.path.startswith("/auth/"):
            headers["Set-Cookie"] = f"refresh_token={secrets.token_hex(16)}; Path=/auth/refresh"
        elif way == "bearer" and not request.path.startswith("/__test__/"):
            body = await asyncio.to_thread(sealed, token, body)
        await connection.answer(
            200, json_bytes(body), headers={**headers, "X-Encrypted": str(way == "bearer").lower()}
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("mind", choices=("refuses", "accepts"))
    parser.add_argument("--status", type=int, choices=STATUSES, default=403)
    parser.add_argument("--port", type=int, default=0)
    parsed = parser.parse_args()
    chosen: Callable[[Connection], Awaitable[None]] = functools.partial(refuses, parsed.status)
    if parsed.mind == "accepts":
        chosen = functools.partial(accepts, Accepting())
    try:
        asyncio.run(serve(chosen, Settings(), parsed.port))
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
