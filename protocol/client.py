"""User: a person of the protocol, one verb per operation. Every exchange goes into the transcript.

Verbs only send: what they bring back is judged elsewhere. A verb's request can be had without sending it
(`user.request(...)`), edited, and sent (`user.send(request)`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from protocol import envelope, given_away
from protocol.forms import Part, form
from protocol.operations import Answer, Operations, Request, decode
from protocol.spec import Spec
from protocol.transcript import Redactor, Transcript
from protocol.wire import Wire

Delivery = Literal["bearer", "cookie", "none"]
GIVEN_UP = "given up before an answer had come: the check was cut short"
EXCHANGE_HEADER = "X-Parley-Exchange"  # the exchange's number in the run log: to find it in the target's own


@dataclass(frozen=True)
class Lane:
    """What the users of one check run share: its connections, its place in the transcript, its secrets."""

    spec: Spec
    operations: Operations
    wire: Wire
    transcript: Transcript
    redactor: Redactor
    attempt: str
    on_answer: Callable[[User, Request, Answer], None] = lambda user, request, answer: None
    on_request: Callable[[User, Request], None] = lambda user, request: None


@dataclass(frozen=True)
class User:
    """One participant. Copies (`by_bearer()`, `without_token()`, ...) are the same person signing in
    another way.
    """

    lane: Lane
    actor: str
    id: str
    name: str
    token: str
    csrf: str | None = None
    delivery: Delivery = "cookie"
    extra_headers: tuple[tuple[str, str], ...] = ()
    address: tuple[str, str] | None = field(default=None)

    # -- how this person signs in

    def by_bearer(self) -> User:
        return replace(self, delivery="bearer")

    def by_cookie(self) -> User:
        return replace(self, delivery="cookie")

    def without_token(self) -> User:
        return replace(self, delivery="none")

    def with_token(self, token: str, name: str = "made-up token", *, csrf: str | None = None) -> User:
        """The same person with another token; `name` is what the log calls it."""
        self.lane.redactor.add(token, f"{self.actor} {name}")
        return replace(self, token=token, csrf=csrf if csrf is not None else self.csrf)

    def with_headers(self, *headers: tuple[str, str]) -> User:
        return replace(self, extra_headers=(*self.extra_headers, *headers))

    def without_address(self) -> User:
        """Does not state the caller's address, where the target file names a header for it."""
        return replace(self, address=None)

    # -- requests

    def request(
        self,
        operation: str,
        *,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Request:
        """A valid request of this person, signed, not sent. `fields` become its JSON body."""
        request = self.lane.operations.request(operation, params=params, query=query, fields=fields)
        return self.sign(request)

    def sign(self, request: Request) -> Request:
        """Adds this person's credentials: the bearer, or the cookie and on writes its CSRF header."""
        names = self.lane.spec.policy["names"]
        if self.delivery == "bearer":
            request = request.with_header("Authorization", f"Bearer {self.token}")
        elif self.delivery == "cookie":
            request = request.with_header("Cookie", f"{names['token_cookie']}={self.token}")
            if self.lane.spec.operation(request.operation).writes and self.csrf is not None:
                request = request.with_header(names["csrf_header"], self.csrf)
        if self.address is not None:
            request = request.with_header(*self.address)
        for name, value in self.extra_headers:
            request = request.with_header(name, value)
        return request

    async def send(self, request: Request) -> Answer:
        """Sends the request as it is. The answer is decrypted where it is an envelope for this bearer."""
        number = self.lane.transcript.next_id()
        sent = request.with_header(EXCHANGE_HEADER, str(number))
        self.lane.on_request(self, request)
        now = time.monotonic()
        opened = Answer(request.operation, error=GIVEN_UP, exchange=number, started=now, ended=now)
        try:
            opened = await self._open(replace(await self.lane.wire.send(sent), exchange=number))
        finally:  # the log has no gaps, though a check be cut short
            given_away.learn(self.lane.redactor, self.lane.spec, opened, self.actor)
            self.lane.transcript.record(
                request, opened, actor=self.actor, attempt=self.lane.attempt, redactor=self.lane.redactor
            )
        self.lane.on_answer(self, request, opened)
        return opened

    async def _open(self, answer: Answer) -> Answer:
        body = answer.body
        header = self.lane.spec.policy["envelope"]["header"]
        if not isinstance(body, dict) or (answer.header(header) or "").lower() != "true":
            return answer
        try:
            # The derivation costs tens of milliseconds on purpose; other checks go on meanwhile.
            plain = await asyncio.to_thread(envelope.open_, self.lane.spec, self.token, body)
        except envelope.EnvelopeError:
            return replace(answer, envelope=body, body=None)
        return replace(answer, envelope=body, body=decode(plain))

    # -- verbs

    def creating(self, **fields: Any) -> Request:
        return self.request(
            "createRoom", **{"broadcasterId": self.id, "broadcasterName": self.name, **fields}
        )

    async def create_room(self, **fields: Any) -> Answer:
        return await self.send(self.creating(**fields))

    def joining(self, room: str, **fields: Any) -> Request:
        return self.request(
            "joinRoom", **{"roomId": room, "userId": self.id, "userName": self.name, **fields}
        )

    async def join(self, room: str, **fields: Any) -> Answer:
        return await self.send(self.joining(room, **fields))

    def leaving(self, room: str, **fields: Any) -> Request:
        return self.request("leaveRoom", **{"roomId": room, **fields})

    async def leave(self, room: str, **fields: Any) -> Answer:
        return await self.send(self.leaving(room, **fields))

    async def heartbeat(self, room: str, **fields: Any) -> Answer:
        return await self.send(self.request("heartbeat", **{"roomId": room, **fields}))

    async def list_rooms(self) -> Answer:
        return await self.send(self.request("listRooms"))

    def offering(self, room: str, offer: str, **fields: Any) -> Request:
        return self.request("sendOffer", **{"roomId": room, "offer": offer, "type": "offer", **fields})

    async def send_offer(self, room: str, offer: str, **fields: Any) -> Answer:
        return await self.send(self.offering(room, offer, **fields))

    async def get_offer(self, room: str) -> Answer:
        return await self.send(self.request("getOffer", params={"roomId": room}))

    def answering(self, room: str, answer: str, **fields: Any) -> Request:
        return self.request("sendAnswer", **{"roomId": room, "answer": answer, "type": "answer", **fields})

    async def send_answer(self, room: str, answer: str, **fields: Any) -> Answer:
        return await self.send(self.answering(room, answer, **fields))

    async def get_answer(self, room: str) -> Answer:
        return await self.send(self.request("getAnswer", params={"roomId": room}))

    def candidate_of(self, room: str, candidate: str, **edits: Any) -> Request:
        item = {"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0, **edits}
        return self.request("sendCandidate", roomId=room, candidate=item)

    async def send_candidate(self, room: str, candidate: str, **edits: Any) -> Answer:
        return await self.send(self.candidate_of(room, candidate, **edits))

    async def get_candidates(self, room: str, since: str | None = None) -> Answer:
        query = {"since": since} if since is not None else None
        return await self.send(self.request("getCandidates", params={"roomId": room}, query=query))

    async def ice_servers(self) -> Answer:
        return await self.send(self.request("getIceServers"))

    def creating_party(self, **fields: Any) -> Request:
        return self.request(
            "createPartyRoom", **{"broadcasterId": self.id, "broadcasterName": self.name, **fields}
        )

    async def create_party(self, **fields: Any) -> Answer:
        return await self.send(self.creating_party(**fields))

    async def list_parties(self, parent: str) -> Answer:
        return await self.send(self.request("listPartyRooms", params={"parentRoomId": parent}))

    def inviting(self, room: str, *users: str) -> Request:
        return self.request("inviteToPartyRoom", params={"roomId": room}, userIds=list(users))

    async def invite(self, room: str, *users: str) -> Answer:
        return await self.send(self.inviting(room, *users))

    async def request_otp(self, email: str) -> Answer:
        return await self.send(self.request("requestOtp", email=email))

    async def verify_otp(self, email: str, code: str) -> Answer:
        self.lane.redactor.add(code, f"{self.actor} code")
        return await self.send(self.request("verifyOtp", email=email, otp=code))

    async def me(self) -> Answer:
        return await self.send(self.request("me"))

    def refreshing(self, refresh_token: str) -> Request:
        """As a browser sends it: both cookies, and the CSRF header."""
        self.lane.redactor.add(refresh_token, f"{self.actor} refresh token")
        request = self.by_cookie().request("refresh")
        name = self.lane.spec.policy["names"]["refresh_cookie"]
        return request.with_header("Cookie", f"{request.header('Cookie')}; {name}={refresh_token}")

    async def refresh(self, refresh_token: str) -> Answer:
        return await self.send(self.refreshing(refresh_token))

    async def logout(self) -> Answer:
        return await self.send(self.request("logout"))

    def uploading(self, name: str, content: bytes, **edits: Any) -> Request:
        """An upload of an image. `edits`: file_name, media (the declared type) and domain."""
        file_name, media = edits.get("file_name", "emoji.png"), edits.get("media", "image/png")
        parts = [Part("name", name.encode()), Part("file", content, file_name, media)]
        if "domain" in edits:
            parts.append(Part("domain", edits["domain"].encode()))
        media_type, body = form(parts)
        return self.request("uploadEmoji").with_body(body, media_type)

    async def upload(self, name: str, content: bytes, **edits: Any) -> Answer:
        return await self.send(self.uploading(name, content, **edits))

    async def list_emoji(self, domain: str | None = None) -> Answer:
        query = {"domain": domain} if domain is not None else None
        return await self.send(self.request("listEmoji", query=query))

    async def get_emoji(self, emoji_id: str) -> Answer:
        return await self.send(self.request("getEmoji", params={"emojiId": emoji_id}))

    async def health(self) -> Answer:
        return await self.send(self.request("health"))
