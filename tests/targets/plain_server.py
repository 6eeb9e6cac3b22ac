"""A signaling server such as somebody might write in an afternoon: http.server, a dict, a lock, no packages.

It offers core, auth, validation, ratelimit, concurrency and cors; no CSRF tokens, for it lets no foreign page
write; no party rooms, no envelopes. Written from the protocol alone; it shares no code with Parley.

    JWT_SECRET=...  python3 plain_server.py      PORT (8797), ALLOWED_ORIGIN, TEST_CONTROL=1 for /__test__
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import math
import os
import re
import secrets
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_to_bytes

SECRET = (os.environ.get("JWT_SECRET") or os.environ.get("PARLEY_JWT_SECRET") or "").encode()
ALLOWED = os.environ.get("ALLOWED_ORIGIN", "https://app.example")
TEST_CONTROL = os.environ.get("TEST_CONTROL") == "1"

ROOM_LIFETIME, LISTED_FOR, MAIL_LIFETIME, LEEWAY = 3600, 300, 30, 60
BUDGETS = {"create-room": 5, "join-room": 20, "offer": 50, "answer": 50, "heartbeat": 100}
WINDOW = 3600
MAX_BODY = 1024 * 1024


class Refused(Exception):
    def __init__(self, status: int, words: str, **headers: str) -> None:
        super().__init__(words)
        self.status = status
        self.body = {"error": words}
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


# -- the state: all of it is read and written under the lock

lock = threading.Lock()
rooms: dict[str, dict] = {}
windows: dict[tuple, list] = {}  # (operation, user, room) -> [when it opened, how many it has counted]
ahead = 0.0


def now() -> float:
    return time.time() + ahead


def stamp() -> str:
    """The server's time as answers show it."""
    return datetime.fromtimestamp(now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def room_of(room_id: str) -> dict:
    room = rooms.get(room_id)
    if room and now() - room["written"] >= ROOM_LIFETIME:
        del rooms[room_id]
        room = None
    if room is None:
        raise Refused(404, "no such room")
    return room


def inside(room_id: str, user: str) -> dict:
    room = room_of(room_id)
    if user not in room["people"]:
        raise Refused(403, "you are not in this room")
    return room


def touch(room: dict) -> None:
    room["active"] = room["written"] = now()


def shown(room: dict) -> dict:
    counted = {"participantCount": len(room["people"]), "lastActivity": int(room["active"] * 1000)}
    return {**room["told"], **counted}


# -- budgets: fixed windows, in which what was granted counts


def spend(operation: str, user: str, room: str = "") -> list | None:
    """The window that a granted request will count in. Refuses where it is full."""
    limit = BUDGETS.get(operation)
    if limit is None:
        return None
    window = windows.setdefault((operation, user, room), [now(), 0])
    if now() - window[0] >= WINDOW:
        window[:] = [now(), 0]
    if window[1] >= limit:
        left = max(1, math.ceil(window[0] + WINDOW - now()))
        reset = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(int((now() + left) * 1000))}
        refusal = Refused(429, "too many requests", Retry_After=str(left), **reset)
        refusal.body |= {"message": f"Come back in {left} seconds.", "retryAfter": left}
        raise refusal
    return window


# -- who is it?


def decoded(part: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", part):
        raise ValueError(part)
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def user_of(token: str) -> str | None:
    """The acting user of a good token, or None."""
    try:
        head, payload, signature = token.split(".")
        header, claims, mac = json.loads(decoded(head)), json.loads(decoded(payload)), decoded(signature)
        if header["alg"] != "HS256":
            return None
        wanted = hmac.new(SECRET, f"{head}.{payload}".encode(), hashlib.sha256).digest()
        user = claims["customerId"] if claims.get("customerId") is not None else claims["userId"]
        good = (
            hmac.compare_digest(mac, wanted)
            and number(claims["exp"])
            and claims["exp"] + LEEWAY > time.time()  # never the test clock
            and (not claims.get("nbf") or (number(claims["nbf"]) and claims["nbf"] - LEEWAY <= time.time()))
            and matches(ID, 255)(user)
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return user if good else None


# -- fields

ID = r"[a-zA-Z0-9\-_]+"
ROOM = r"room_[a-zA-Z0-9_]+"
NAME = r"(?=.*[^ ])[a-zA-Z0-9 \-_]+"


def matches(pattern: str, longest: int):
    return lambda value: (
        isinstance(value, str) and len(value) <= longest and re.fullmatch(pattern, value) is not None
    )


def sdp(value: object) -> bool:
    return isinstance(value, str) and "v=0" in value and len(value) <= 50_000


WHERE = {"roomId": matches(ROOM, 255)}
FIELDS = {
    "create-room": {
        "broadcasterId": matches(ID, 255),
        "broadcasterName": matches(NAME, 100),
        "customName?": matches(NAME, 100),
        "encryptedRoomKey?": lambda value: isinstance(value, str) and len(value) <= 10_000,
        "keyHash?": matches(r"[0-9a-f]{64}", 64),
        "isPublic?": lambda value: isinstance(value, bool),
        "anonymous?": lambda value: isinstance(value, bool),
    },
    "join-room": {**WHERE, "userId?": matches(ID, 255), "userName?": matches(NAME, 100)},
    "leave": {**WHERE, "userId?": matches(ID, 255)},
    "heartbeat": WHERE,
    "offer": {**WHERE, "offer": sdp, "type": matches("offer", 5), "fromUserId?": matches(ID, 255)},
    "answer": {**WHERE, "answer": sdp, "type": matches("answer", 6), "fromUserId?": matches(ID, 255)},
}


def checked(operation: str, body: dict) -> dict:
    """The fields of the operation, each valid. What the body says about who is asking is read by nobody."""
    found = {}
    for name, good in FIELDS[operation].items():
        key = name.rstrip("?")
        if key in body:
            if not good(body[key]):
                raise Refused(400, f"bad {key}")
            found[key] = body[key]
        elif key == name:
            raise Refused(400, f"missing {key}")
    return found


def json_object(headers, data: bytes) -> dict:
    if headers.get_content_type() != "application/json" or "Content-Encoding" in headers:
        raise Refused(415, "plain application/json, please")
    try:
        body = json.loads(data.decode("utf-8"), parse_constant=lambda word: int("no such number"))
        json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate cannot be written down
    except (ValueError, RecursionError):
        raise Refused(400, "not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "not an object")
    return body


# -- the operations: what is answered beside success


def create_room(user: str, given: dict) -> dict:
    told = {"roomId": f"room_{secrets.token_urlsafe(18).replace('-', '_')}", "broadcasterId": user}
    told |= {"broadcasterName": given["broadcasterName"], "isPublic": given.get("isPublic", True)}
    told["createdAt"] = stamp()
    told |= {key: given[key] for key in ("customName", "keyHash", "encryptedRoomKey") if key in given}
    if "encryptedRoomKey" in told:
        told["keyVersion"] = 1
    room = {"told": told, "people": {user}, "mail": {}}
    touch(room)
    rooms[told["roomId"]] = room
    return {"room": shown(room)}


def join_room(user: str, given: dict) -> dict:
    room = room_of(given["roomId"])
    room["people"].add(user)
    touch(room)
    return {"room": shown(room)}


def heartbeat(user: str, given: dict) -> dict:
    touch(inside(given["roomId"], user))
    return {"message": "thump"}


def leave(user: str, given: dict) -> dict:
    room = rooms.get(given["roomId"])
    if room is not None:
        room["people"].discard(user)
        if not room["people"]:
            del rooms[given["roomId"]]
    return {"message": "gone"}  # also where there was nothing to leave


def post(kind: str, user: str, given: dict) -> dict:
    room = inside(given["roomId"], user)
    room["mail"][kind] = (now() + MAIL_LIFETIME, {kind: given[kind], "type": kind, "fromUserId": user})
    room["written"] = now()
    return {"message": "posted"}


def take(kind: str, user: str, room_id: str) -> dict:
    """Whoever is in the room takes what is there, its own too."""
    until, mail = inside(room_id, user)["mail"].pop(kind, (0, {}))
    if until <= now():
        raise Refused(404, f"no {kind}")
    return mail


def list_rooms() -> dict:
    recent = [room for room in rooms.values() if now() - room["active"] < LISTED_FOR]
    newest_first = sorted(recent, key=lambda room: -room["active"])
    return {"rooms": [shown(room) for room in newest_first if room["told"]["isPublic"]]}


POSTS = {
    "create-room": create_room,
    "join-room": join_room,
    "heartbeat": heartbeat,
    "leave": leave,
    "offer": lambda user, given: post("offer", user, given),
    "answer": lambda user, given: post("answer", user, given),
}


def control(action: str, headers, data: bytes) -> dict:
    global ahead
    with lock:
        if action == "reset":
            rooms.clear()
            windows.clear()
            ahead = 0.0
        else:
            step = json_object(headers, data).get("advanceSeconds")
            if not number(step) or step < 0:
                raise Refused(400, "bad advanceSeconds")
            ahead += step
        return {"now": int(now() * 1000)}


# -- HTTP


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        try:
            status, body, more = 200, self.answered(), {}
        except Refused as refused:
            status, body, more = refused.status, refused.body, refused.headers
        data = b"" if status == 204 or self.command == "HEAD" else json.dumps(body).encode()
        self.send_response_only(status)
        for name, value in {"Content-Type": "application/json", **more, **self.always()}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def always(self) -> dict[str, str]:
        headers = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Vary": "Origin"}
        headers["Cache-Control"] = "no-store"
        if self.headers.get("Origin") == ALLOWED:
            exposed = "X-Encrypted, Retry-After, X-RateLimit-Remaining, X-RateLimit-Reset"
            headers |= {"Access-Control-Allow-Origin": ALLOWED, "Access-Control-Allow-Credentials": "true"}
            headers["Access-Control-Expose-Headers"] = exposed
        return headers

    def answered(self) -> dict:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = self.path.partition("?")[0].split("/")[1:]
        if self.command == "OPTIONS":
            methods, names = "GET, POST, OPTIONS", "Content-Type, Authorization, X-CSRF-Token"
            raise Refused(204, "", Access_Control_Allow_Methods=methods, Access_Control_Allow_Headers=names)
        if TEST_CONTROL and parts in (["__test__", "clock"], ["__test__", "reset"]):
            return control(parts[1], self.headers, data)
        if parts == ["health"]:
            self.must_be("GET")
            return {"status": "ok", "service": "plain", "timestamp": stamp()}
        if parts[0] != "signaling" or not self.known(parts[1:]):
            raise Refused(404, "no such path")
        if len(data) >= MAX_BODY:
            raise Refused(413, "too large")
        user = self.user()
        if len(parts) == 2 and parts[1] in POSTS:
            self.own_page()
            return {"success": True, **self.posted(parts[1], user, data)}
        with lock:
            if len(parts) == 2:
                return {"success": True, **list_rooms()}
            return {"success": True, **take(parts[1], user, self.room_id(parts[2]))}

    def known(self, parts: list[str]) -> bool:
        if len(parts) == 1 and parts[0] in POSTS:
            # An offer is posted here, and read one level below: so a GET of this path is a wrong method.
            self.must_be("POST")
            return True
        if parts == ["rooms"] or (len(parts) == 2 and parts[0] in ("offer", "answer")):
            self.must_be("GET")
            return True
        return False

    def must_be(self, method: str) -> None:
        if self.command != method:
            raise Refused(405, "wrong method", Allow=method)

    def user(self) -> str:
        token = ""
        if "Authorization" in self.headers:  # then it alone counts
            found = re.fullmatch(r"bearer +(\S+)", self.headers["Authorization"], re.IGNORECASE)
            token = found[1] if found else ""
        else:
            for pair in self.headers.get("Cookie", "").split(";"):
                name, _, value = pair.strip().partition("=")
                token = value if name == "auth_token" else token
        user = user_of(token)
        if user is None:
            raise Refused(401, "who are you?", WWW_Authenticate="Bearer")
        return user

    def own_page(self) -> None:
        """A browser says where the page that writes is from: without CSRF tokens that has to be enough."""
        if self.headers.get("Origin", ALLOWED) != ALLOWED:
            raise Refused(403, "not from there")

    def posted(self, operation: str, user: str, data: bytes) -> dict:
        given = checked(operation, json_object(self.headers, data))
        with lock:
            window = spend(operation, user, given["roomId"] if operation == "heartbeat" else "")
            found = POSTS[operation](user, given)
            if window is not None:
                window[1] += 1
            return found

    def room_id(self, raw: str) -> str:
        room_id = unquote_to_bytes(raw).decode("utf-8", "replace")
        if not WHERE["roomId"](room_id):
            raise Refused(400, "bad roomId")
        return room_id

    def log_message(self, format: str, *args: object) -> None:
        """Keeps no log."""


if __name__ == "__main__":
    if not SECRET:
        sys.exit("JWT_SECRET is not set")
    http.client._MAXLINE = 256 * 1024  # a token of 100 kB is refused for what it is, not for its length
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8797"))), Handler).serve_forever()
