"""Canaries: who sent which mark in which room, and what reaches somebody outside it (PRIV-7).

What the suite sends carries marks (protocol/marks.py). Here they are noted when they go out and looked for in
whatever comes back: bodies, errors, headers and, at the end, the target's log. Who may read a room's mail is
not asked here (MBOX-12), nor what the listing shows of a public room (PRIV-2, PRIV-6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from protocol import tokens
from protocol.client import User
from protocol.marks import marks_in
from protocol.operations import Answer, Request, encode
from protocol.spec import Spec

PARTY = "createPartyRoom"
CREATES = ("createRoom", PARTY)
JOINS = (*CREATES, "joinRoom")
MAIL = ("getOffer", "getAnswer", "getCandidates")
# Fields of a Room: what is sent in them is shown to everybody where the room is public. Party rooms are shown
# to everybody who asks for those below their parent.
SHOWN = ("customName", "broadcasterName", "encryptedRoomKey", "keyHash")
SEARCHED_LOG = 8 * 1024 * 1024  # bytes of a log, the newest
TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+")
OPAQUE_MOST = 64  # so many tokens of no known form are looked for, one by one
SECRET_BYTES = 8  # what is shorter is found everywhere
CLAIM = "token id"  # a log may well name it


@dataclass
class Sent:
    """What is known of one mark: whose it is, what it was sent with, and in which rooms."""

    by: str
    actor: str
    what: str
    rooms: set[str] = field(default_factory=set)

    @property
    def words(self) -> str:
        return f"{self.actor}'s {self.what}"


class Canaries:
    """What a run has sent so far, and what it must not see again elsewhere."""

    def __init__(self, spec: Spec) -> None:
        self._room = re.compile(re.escape(spec.policy["names"]["room_id_prefix"]) + r"[A-Za-z0-9_]+")
        self._sent: dict[str, Sent] = {}
        self._hidden: set[str] = set()  # marks that are not for everybody
        self._public: set[str] = set()
        self._insiders: dict[str, set[str]] = {}  # who was ever in a room
        self._tokens: dict[bytes, Sent] = {}
        self._opaque: list[bytes] = []

    def sending(self, user: User, request: Request) -> None:
        """Notes what goes out, before it does: somebody may see it before its sender has an answer."""
        self._note_token(user)
        body = request.body or b""
        found = marks_in(body)
        if not found:
            return
        fields = request.fields
        rooms = set(self._rooms_of(request, fields))
        for name in found:
            sent = self._sent.setdefault(name, Sent(user.id, user.actor, request.operation))
            sent.rooms |= rooms
        public = {name for shown in _shown_to_all(request, body) for name in marks_in(shown)}
        self._public |= public
        self._hidden |= found - self._public
        self._hidden -= public

    def answered(self, user: User, request: Request, answer: Answer) -> str | None:
        """Notes who is in a room now. Returns in words what the answer tells that is not for this user."""
        if answer.ok and answer.operation in JOINS and answer.room_id:
            self._insiders.setdefault(answer.room_id, set()).add(user.id)
            for name in marks_in(request.body or b""):
                if name in self._sent:
                    self._sent[name].rooms.add(answer.room_id)
        text = _text_of(answer)
        for found, sent in self._found(text):
            if not self._may_see(user, request, sent) and found not in _sent_in(request):
                who = "nobody in particular" if user.delivery == "none" else user.actor
                whose = "another " if sent.actor == user.actor else ""
                return (
                    f"the {answer.status} of {answer.operation} tells {who}, who is not in its room, "
                    f"what stood in {whose}{sent.words}"
                )
        return None

    def in_log(self, file: Path) -> str | None:
        """What the newest part of the target's log holds of what users sent, in words; None for nothing.

        Raises OSError where the log cannot be read.
        """
        with open(file, "rb") as log:
            log.seek(max(0, log.seek(0, 2) - SEARCHED_LOG))
            text = log.read()
        found = [sent for _, sent in self._found(text) if sent.what != CLAIM]
        if not found:
            return None
        more = f", and {len(found) - 1} more such texts" if len(found) > 1 else ""
        return f"the target's log holds what stood in {found[0].words}{more}"

    # -- inside

    def _note_token(self, user: User) -> None:
        token = user.token.encode(errors="surrogateescape")
        if user.delivery == "none" or token in self._tokens or len(token) < SECRET_BYTES:
            return
        self._tokens[token] = Sent(user.id, user.actor, "token")
        if not TOKEN.fullmatch(token) and len(self._opaque) < OPAQUE_MOST:
            self._opaque.append(token)
        try:
            claims = tokens.peek(user.token)[1]
        except tokens.TokenError:
            return
        for name in marks_in(encode(claims)):
            self._sent.setdefault(name, Sent(user.id, user.actor, CLAIM))
            self._hidden.add(name)

    def _rooms_of(self, request: Request, fields: dict[str, object]) -> Iterable[str]:
        named = fields.get("roomId")
        if isinstance(named, str):
            yield named
        yield from self._room.findall(unquote(request.path))

    def _found(self, text: bytes) -> list[tuple[bytes, Sent]]:
        """The marks and tokens in a text that are not for everybody, and what is known of each."""
        hidden = marks_in(text) & self._hidden
        found = [(name.encode(), self._sent[name]) for name in sorted(hidden)]
        known = set(TOKEN.findall(text)) & self._tokens.keys() if b"eyJ" in text else set()
        known |= {token for token in self._opaque if token in text}
        return found + [(token, self._tokens[token]) for token in sorted(known)]

    def _may_see(self, user: User, request: Request, sent: Sent) -> bool:
        if user.delivery == "none":
            return False
        if sent.by == user.id or any(user.id in self._insiders.get(room, ()) for room in sent.rooms):
            return True
        return request.operation in MAIL and bool(sent.rooms & set(self._rooms_of(request, {})))


def _shown_to_all(request: Request, body: bytes) -> Iterable[bytes]:
    """What a creating request holds that everybody may see."""
    fields = request.fields
    if request.operation not in CREATES or (fields.get("isPublic") is False and request.operation != PARTY):
        return
    if _ambiguous(body):
        yield body  # which of its values the room shows is the server's choice
    for name in SHOWN:
        if name in fields and not (name == "broadcasterName" and fields.get("anonymous") is True):
            yield encode(fields[name])


def _ambiguous(body: bytes) -> bool:
    """Two readers may read it otherwise: a name comes twice, or it is no JSON."""
    twice: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in names if names.count(name) > 1)
        return dict(pairs)

    try:
        json.loads(body, object_pairs_hook=note)
    except (ValueError, RecursionError):
        return True
    return bool(twice)


def _text_of(answer: Answer) -> bytes:
    """All that an answer says: its headers and its body, opened where it came in an envelope."""
    body = answer.raw if answer.envelope is None or answer.body is None else encode(answer.body)
    return "\n".join(value for _, value in answer.headers).encode(errors="replace") + b"\n" + body


def _sent_in(request: Request) -> bytes:
    """All that a request says: an answer that repeats it tells its sender nothing new."""
    headers = "\n".join(value for _, value in request.headers)
    return f"{unquote(request.path)}\n{headers}\n".encode(errors="replace") + (request.body or b"")
