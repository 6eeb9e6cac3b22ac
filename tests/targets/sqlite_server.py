"""A signaling server such as somebody might write who likes SQL: WSGI, and a transaction in SQLite a request.

Tokens are RS256 (sqlite_tokens.py); pages sign in by cookie, and their writes carry the token's `csrf`. Its
errors are problem documents. It offers core, auth, validation, csrf and concurrency. To strangers a room is
not there (404), and its health is for those who have a token. Written from the protocol alone; it shares no
code with Parley.

    JWKS_URL=...  python3 sqlite_server.py      PORT (8798), ISSUER, AUDIENCE, TEST_CONTROL=1 for /__test__
"""

from __future__ import annotations

import hmac
import http.client
import json
import os
import re
import secrets
import signal
import sqlite3
import string
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer, make_server

from sqlite_tokens import Keys, claims_of, number

TEST_CONTROL = os.environ.get("TEST_CONTROL") == "1"
ROOM_MS, LISTED_MS, MAIL_MS = 3_600_000, 300_000, 30_000
MAX_BODY = 1024 * 1024

SCHEMA = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE rooms (id TEXT PRIMARY KEY, broadcasterId TEXT NOT NULL, broadcasterName TEXT NOT NULL,
        customName TEXT, encryptedRoomKey TEXT, keyHash TEXT, isPublic INTEGER NOT NULL,
        created INTEGER NOT NULL, active INTEGER NOT NULL, written INTEGER NOT NULL);
    CREATE TABLE people (room TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE, user TEXT NOT NULL,
        PRIMARY KEY (room, user));
    CREATE TABLE mail (room TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE, kind TEXT NOT NULL,
        sender TEXT NOT NULL, body TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (room, kind));
"""
SHOWN = "SELECT rooms.*, (SELECT count(*) FROM people WHERE room = rooms.id) AS count FROM rooms"
Json = dict[str, Any]


class Problem(Exception):
    """A refusal; `detail` is what the client reads."""

    def __init__(self, status: int, detail: str, *headers: tuple[str, str]) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


class Database:
    """A file; a connection and a transaction for each request, whichever thread it is in."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ahead = 0
        with sqlite3.connect(file) as made:
            made.executescript(SCHEMA)

    def now(self) -> int:
        return int(time.time() * 1000) + self.ahead

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Writers wait for one another from the start, so nothing that was read is old when it is used."""
        db = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM rooms WHERE written <= ?", (self.now() - ROOM_MS,))
            db.execute("DELETE FROM mail WHERE until <= ?", (self.now(),))
            yield db
            db.execute("COMMIT")
        finally:
            db.close()  # what was not committed is as if it had never been


# -- bodies


def text(pattern: str, most: int) -> Callable[[Any], bool]:
    fits = re.compile(pattern, re.ASCII | re.DOTALL).fullmatch
    return lambda value: isinstance(value, str) and len(value) <= most and fits(value) is not None


def flag(value: Any) -> bool:
    return isinstance(value, bool)


is_id, is_name = text(r"[\w-]+", 255), text(r" *[\w-][\w -]*", 100)
is_room, is_sdp = text(r"room_\w+", 255), text(r".*v=0.*", 50_000)
IN_ROOM = {"roomId": is_room}
CREATE = {
    "broadcasterId": is_id,
    "broadcasterName": is_name,
    "customName?": is_name,
    "encryptedRoomKey?": text(r".*", 10_000),
    "keyHash?": text(r"[0-9a-f]{64}", 64),
    "isPublic?": flag,
    "anonymous?": flag,
}
JOIN = {**IN_ROOM, "userId?": is_id, "userName?": is_name}
LEAVE = {**IN_ROOM, "userId?": is_id}
OFFER = {**IN_ROOM, "offer": is_sdp, "type": text("offer", 5), "fromUserId?": is_id}
ANSWER = {**IN_ROOM, "answer": is_sdp, "type": text("answer", 6), "fromUserId?": is_id}


def once(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def parsed(environ: Json) -> Json:
    """The request's JSON object; it may be compressed and have a byte order mark."""
    data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if len(data) >= MAX_BODY:
        raise Problem(413, "The body is too large.")
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "The body has to be application/json.")
    try:
        if environ.get("HTTP_CONTENT_ENCODING") == "gzip":
            data = zlib.decompressobj(31).decompress(data, MAX_BODY)
        body = json.loads(data.decode("utf-8-sig"), parse_constant=no_number, object_pairs_hook=once)
        json.dumps(body, ensure_ascii=False).encode()  # refuses lone surrogates
    except (ValueError, RecursionError, zlib.error):
        raise Problem(400, "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Problem(400, "The body is not a JSON object.")
    return body


def valid(body: Json, rules: dict[str, Callable[[Any], bool]], user: str) -> Json:
    """The fields that the rules name. Those that say who is acting have to be the user's own id."""
    found: Json = {}
    for name, good in rules.items():
        key = name.rstrip("?")
        if key not in body and key != name:
            continue
        if key not in body or not good(body[key]):
            raise Problem(400, f"The field {key} is {'invalid' if key in body else 'missing'}.")
        found[key] = body[key]
    if any(found.get(name, user) != user for name in ("broadcasterId", "userId", "fromUserId")):
        raise Problem(403, "Nobody acts for somebody else.")
    return found


# -- the operations, each within a transaction


def stamp(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(row: sqlite3.Row) -> Json:
    names = ("broadcasterId", "broadcasterName", "customName", "encryptedRoomKey", "keyHash")
    room = {name: row[name] for name in names if row[name] is not None}
    if "encryptedRoomKey" in room:
        room["keyVersion"] = 1
    counted = {"participantCount": row["count"], "isPublic": bool(row["isPublic"])}
    times = {"createdAt": stamp(row["created"]), "lastActivity": row["active"]}
    return {"roomId": row["id"], **room, **counted, **times}


class Signaling:
    """What the tables hold, and what may be done with it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def room(self, db: sqlite3.Connection, room_id: str, *, of: str | None = None) -> Json:
        """The room; for who is not in it, where that is asked for, there is none."""
        row = db.execute(f"{SHOWN} WHERE id = ?", (room_id,)).fetchone()
        inside = db.execute("SELECT 1 FROM people WHERE (room, user) = (?, ?)", (room_id, of)).fetchone()
        if row is None or (of is not None and inside is None):
            raise Problem(404, "There is no such room.")
        return shown(row)

    def active(self, db: sqlite3.Connection, room_id: str) -> None:
        times = (self.database.now(), self.database.now(), room_id)
        db.execute("UPDATE rooms SET active = ?, written = ? WHERE id = ?", times)

    def create(self, db: sqlite3.Connection, user: str, given: Json) -> Json:
        now = self.database.now()
        letters = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))
        room_id = f"room_{now}_{letters}"
        optional = [given.get(name) for name in ("customName", "encryptedRoomKey", "keyHash")]
        row = (room_id, user, given["broadcasterName"], *optional, given.get("isPublic", True), now, now, now)
        db.execute(f"INSERT INTO rooms VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
        db.execute("INSERT INTO people VALUES (?, ?)", (room_id, user))
        return {"room": self.room(db, room_id)}

    def join(self, db: sqlite3.Connection, user: str, given: Json) -> Json:
        self.room(db, given["roomId"])
        db.execute("INSERT OR IGNORE INTO people VALUES (?, ?)", (given["roomId"], user))
        self.active(db, given["roomId"])
        return {"room": self.room(db, given["roomId"])}

    def heartbeat(self, db: sqlite3.Connection, user: str, given: Json) -> Json:
        self.room(db, given["roomId"], of=user)
        self.active(db, given["roomId"])
        return {"message": "Noted."}

    def leave(self, db: sqlite3.Connection, user: str, given: Json) -> Json:
        self.room(db, given["roomId"], of=user)
        db.execute("DELETE FROM people WHERE (room, user) = (?, ?)", (given["roomId"], user))
        db.execute("DELETE FROM rooms WHERE id NOT IN (SELECT room FROM people)")
        return {"message": "Farewell."}

    def post(self, db: sqlite3.Connection, user: str, given: Json) -> Json:
        self.room(db, given["roomId"], of=user)
        kind, now = given["type"], self.database.now()
        row = (given["roomId"], kind, user, given[kind], now + MAIL_MS)
        db.execute("INSERT OR REPLACE INTO mail VALUES (?, ?, ?, ?, ?)", row)
        db.execute("UPDATE rooms SET written = ? WHERE id = ?", (now, given["roomId"]))
        return {"message": "It is in the box."}

    def read(self, db: sqlite3.Connection, user: str, kind: str, room_id: str) -> Json:
        """Somebody else's mail is taken; one's own is only looked at."""
        self.room(db, room_id, of=user)
        row = db.execute("SELECT * FROM mail WHERE (room, kind) = (?, ?)", (room_id, kind)).fetchone()
        if row is None:
            raise Problem(404, f"There is no {kind}.")
        if row["sender"] != user:
            db.execute("DELETE FROM mail WHERE (room, kind) = (?, ?)", (room_id, kind))
        return {kind: row["body"], "type": kind, "fromUserId": row["sender"]}

    def listing(self, db: sqlite3.Connection, user: str) -> Json:
        query = f"{SHOWN} WHERE isPublic AND active > ? ORDER BY active DESC"
        return {"rooms": [shown(row) for row in db.execute(query, (self.database.now() - LISTED_MS,))]}


# -- HTTP

Operation = Callable[[Signaling, sqlite3.Connection, str, Json], Json]
POSTS: dict[str, tuple[Operation, dict[str, Callable[[Any], bool]]]] = {
    "/signaling/create-room": (Signaling.create, CREATE),
    "/signaling/join-room": (Signaling.join, JOIN),
    "/signaling/heartbeat": (Signaling.heartbeat, IN_ROOM),
    "/signaling/leave": (Signaling.leave, LEAVE),
    "/signaling/offer": (Signaling.post, OFFER),
    "/signaling/answer": (Signaling.post, ANSWER),
}
MAIL = re.compile(r"/signaling/(offer|answer)/(room_\w{1,250})", re.ASCII)


class App:
    """The WSGI application."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self.database, self.keys, self.signaling = database, keys, Signaling(database)

    def __call__(self, environ: Json, start_response: Callable[..., Any]) -> list[bytes]:
        kind, headers = "application/json", []
        try:
            status, body = 200, self.answer(environ, environ["PATH_INFO"])
        except Problem as problem:
            status, headers, kind = problem.status, list(problem.headers), "application/problem+json"
            title = HTTPStatus(status).phrase
            body = {"type": "about:blank", "title": title, "status": status, "detail": problem.detail}
        data = json.dumps(body).encode()
        headers += [("Content-Type", kind), ("Content-Length", str(len(data))), ("Cache-Control", "no-store")]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [data]

    def answer(self, environ: Json, path: str) -> Json:
        mail = MAIL.fullmatch(path)
        if TEST_CONTROL and path in ("/__test__/clock", "/__test__/reset"):
            return self.control(path, environ)
        if path not in POSTS and path not in ("/health", "/signaling/rooms") and not mail:
            raise Problem(404, "There is nothing at this address.")
        method = "POST" if path in POSTS else "GET"
        if environ["REQUEST_METHOD"] != method:
            raise Problem(405, "This cannot be done here.", ("Allow", method))
        user = self.user(environ)
        if path == "/health":
            return {"status": "ok", "service": "sqlite-signaling", "timestamp": stamp(self.database.now())}
        operation, rules = POSTS.get(path, (None, {}))
        given = valid(parsed(environ), rules, user) if operation else {}
        with self.database.transaction() as db:
            if operation:
                return {"success": True, **operation(self.signaling, db, user, given)}
            if mail:
                return {"success": True, **self.signaling.read(db, user, mail[1], mail[2])}
            return {"success": True, **self.signaling.listing(db, user)}

    def user(self, environ: Json) -> str:
        """Who is asking. A bearer alone counts; a page's write shows that it knows what is in its token."""
        bearer = environ.get("HTTP_AUTHORIZATION")
        if bearer is not None:
            scheme, _, token = bearer.partition(" ")
            token = token.strip() if scheme.lower() == "bearer" else ""
        else:
            token = cookie_of(environ.get("HTTP_COOKIE", ""))
        claims = claims_of(token, self.keys)
        if claims is None:
            raise Problem(401, "A good token is needed.", ("WWW-Authenticate", 'Bearer realm="signaling"'))
        if bearer is None and environ["REQUEST_METHOD"] == "POST":
            word = str(claims.get("csrf") or secrets.token_hex()).encode()
            if not hmac.compare_digest(environ.get("HTTP_X_CSRF_TOKEN", "").encode(), word):
                raise Problem(403, "The X-CSRF-Token is not the token's own.")
        return claims["user"]

    def control(self, path: str, environ: Json) -> Json:
        if path == "/__test__/clock":
            step = parsed(environ).get("advanceSeconds")
            if not number(step) or step < 0:
                raise Problem(400, "The field advanceSeconds is invalid.")
            self.database.ahead += int(step * 1000)
        else:
            with self.database.transaction() as db:
                db.execute("DELETE FROM rooms")
            self.database.ahead = 0
        return {"now": self.database.now()}


def cookie_of(header: str) -> str:
    try:
        found = SimpleCookie(header).get("auth_token")
    except CookieError:
        return ""
    return found.value if found else ""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Keeps no log."""


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the folder goes too
    http.client._MAXLINE = 256 * 1024  # a token of 100 kB is refused for what it is, not for its length
    ServerHandler.server_software = "sqlite-signaling"
    with tempfile.TemporaryDirectory() as folder:
        app = App(Database(Path(folder) / "sqlite-signaling.db"), Keys(os.environ["JWKS_URL"]))
        port = int(os.environ.get("PORT", "8798"))
        make_server("127.0.0.1", port, app, Server, Quiet).serve_forever()


if __name__ == "__main__":
    main()
