"""Asking a TURN server for a real allocation: accepted, refused with which code, or silent.

One socket, bounded in time, freed at once. The codec is aioice's; the exchange is ours, since aioice tells
neither a server that asks for no credentials nor one that is silent from the rest.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import time
from dataclasses import dataclass
from typing import Any, Literal

from aioice import stun
from aioice.turn import UDP_TRANSPORT, make_integrity_key

from e2e.turn.server import Sockets
from e2e.turn.urls import Offered, TurnUrl

UNAUTHORIZED = 401  # RFC 8489 section 9.2.4: no credentials yet, or wrong ones
STALE_NONCE = 438  # the same: ask again with the nonce that came along
FIRST_WAIT_S = (
    0.25  # until a datagram is sent again; doubled each time (RFC 8489 section 6.2.1 starts at 0.5)
)
PROBE_S = 4.0  # for all of a probe
LONGEST = 1 << 16  # of a STUN message, in bytes: its length has 16 bits
HEADER = 20  # bytes, RFC 8489 section 5

Kind = Literal["accepted", "refused", "silent"]


@dataclass(frozen=True)
class Outcome:
    """What came of asking for an allocation. `open`: it was accepted before any credential was shown."""

    url: str
    kind: Kind
    code: int | None = None
    reason: str = ""
    open: bool = False
    realm: str = ""
    relayed: str = ""  # host:port

    def __str__(self) -> str:
        """In few words, the same for the same behaviour: `accepted`, `refused with 401`, `silent`."""
        if self.kind == "refused":
            return f"refused with {self.code}"
        return "accepted from anybody, without credentials" if self.open else self.kind


class Silent(Exception):
    """No answer that makes sense, for the reason given."""


async def allocate(offer: Offered, *, within_s: float = PROBE_S, sockets: Sockets = socket.socket) -> Outcome:
    """Asks for an allocation (RFC 8656 section 7) with these credentials and gives it back. Never raises for
    what the server does.
    """
    return await asyncio.to_thread(ask, offer, within_s, sockets)


def ask(offer: Offered, within_s: float = PROBE_S, sockets: Sockets = socket.socket) -> Outcome:
    """`allocate`, blocking."""
    try:
        with _Line(offer.url, time.monotonic() + within_s, sockets) as line:
            return _ask(offer, line)
    except (Silent, OSError) as error:
        return Outcome(offer.url.text, "silent", reason=str(error) or type(error).__name__)


def challenge(url: TurnUrl, within_s: float = PROBE_S, sockets: Sockets = socket.socket) -> Outcome:
    """What the server says to an allocation without credentials: 401 and its realm, of a sound one."""
    return ask(Offered(url, "", ""), within_s, sockets)


def _ask(offer: Offered, line: _Line) -> Outcome:
    first = line.request(_allocation({}))
    if first.message_class == stun.Class.RESPONSE:
        line.free({}, None)
        return Outcome(offer.url.text, "accepted", open=True, relayed=_relayed(first))
    answer, realm, key = first, str(first.attributes.get("REALM", "")), None
    if answer.error_code == UNAUTHORIZED and offer.username:
        key = make_integrity_key(offer.username, realm, offer.credential)
        for _ in range(2):  # again where the nonce is stale already
            shown = _shown(offer.username, realm, answer)
            answer = line.request(_allocation(shown), key)
            if answer.error_code != STALE_NONCE:
                break
    if answer.message_class == stun.Class.RESPONSE:
        assert key is not None, "what is accepted second was signed"
        if not answer.check_message_integrity(key):
            raise Silent("it accepted with an answer that is not signed with the credential")
        line.free(shown, key)
        return Outcome(offer.url.text, "accepted", realm=realm, relayed=_relayed(answer))
    code, reason = answer.attributes.get("ERROR-CODE", (0, "an error without a code"))
    return Outcome(offer.url.text, "refused", code=int(code), reason=str(reason), realm=realm)


def _shown(username: str, realm: str, answer: stun.Message) -> dict[str, Any]:
    nonce = answer.attributes.get("NONCE", b"")
    return {"USERNAME": username, "REALM": realm, "NONCE": nonce}


def _allocation(shown: dict[str, Any]) -> stun.Message:
    wanted = {"REQUESTED-TRANSPORT": UDP_TRANSPORT, **shown}
    return stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST, attributes=wanted)


def _relayed(answer: stun.Message) -> str:
    host, port = answer.attributes.get("XOR-RELAYED-ADDRESS", ("", 0))
    return f"{host}:{port}"


class _Line:
    """A socket to the server; `until` (monotonic) bounds all that is done with it."""

    def __init__(self, url: TurnUrl, until: float, sockets: Sockets) -> None:
        self._url, self._until, self._sockets = url, until, sockets
        self._datagrams = url.transport == "udp"
        self._buffer = b""

    def __enter__(self) -> _Line:
        if self._url.tls and self._datagrams:
            raise Silent("TURN over DTLS is not spoken here")
        family = socket.AF_INET6 if ":" in self._url.host else socket.AF_INET
        self._socket = self._sockets(family, socket.SOCK_DGRAM if self._datagrams else socket.SOCK_STREAM)
        try:
            self._socket.settimeout(self._left())
            self._socket.connect((self._url.host, self._url.port))
            if self._url.tls:
                context = ssl.create_default_context()
                self._socket = context.wrap_socket(self._socket, server_hostname=self._url.host)
        except BaseException:
            self._socket.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def request(self, message: stun.Message, key: bytes | None = None) -> stun.Message:
        """The answer of the same transaction. Raises Silent, OSError."""
        if key is not None:
            message.add_message_integrity(key)
        wait = FIRST_WAIT_S
        while True:
            self._socket.settimeout(self._left())
            self._socket.sendall(bytes(message))
            patience = min(time.monotonic() + wait, self._until) if self._datagrams else self._until
            wait *= 2
            while (left := patience - time.monotonic()) > 0:
                self._socket.settimeout(left)
                try:
                    answer = self._message()
                except TimeoutError:
                    break
                if answer is not None and answer.transaction_id == message.transaction_id:
                    return answer

    def free(self, shown: dict[str, Any], key: bytes | None) -> None:
        """Gives the allocation back (RFC 8656 section 8.1), answered or not."""
        message = stun.Message(stun.Method.REFRESH, stun.Class.REQUEST, attributes={"LIFETIME": 0, **shown})
        try:
            self.request(message, key)
        except (Silent, OSError):
            pass

    def _message(self) -> stun.Message | None:
        """The next message; None for what is none."""
        try:
            return stun.parse_message(self._socket.recv(LONGEST) if self._datagrams else self._frame())
        except (ValueError, TypeError, IndexError, KeyError, struct.error):
            return None

    def _frame(self) -> bytes:
        """One STUN message of a stream (RFC 8489 section 6.2.2): its header tells its length."""
        while True:
            if len(self._buffer) >= HEADER:
                end = HEADER + int.from_bytes(self._buffer[2:4], "big")
                if len(self._buffer) >= end:
                    frame, self._buffer = self._buffer[:end], self._buffer[end:]
                    return frame
            more = self._socket.recv(LONGEST)
            if not more:
                raise Silent("it closed the connection without an answer")
            self._buffer += more

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise Silent("it gave no answer in time")
        return left
