"""What a TURN server is to the harness: urls, credentials, its own counters, and its life. No I/O here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

Kind = Literal["container", "process", "url"]
Transport = Literal["udp", "tcp"]
IceServers = list[dict[str, Any]]
"""As RTCPeerConnection takes them: [{urls, username, credential}]."""
Sockets = Callable[[int, int], socket.socket]
"""Makes a socket of this family and type: socket.socket, or one inside another network namespace."""


class TurnError(Exception):
    """Something about a TURN server; the message is one clear sentence."""


class TurnUnavailable(TurnError):
    """There is none here; the message says what to install or to give."""


class TurnCannot(TurnError):
    """This kind of server cannot do that (counters, restarts): who needs it does not run."""


@dataclass(frozen=True)
class Session:
    """One allocation, as the server itself counts it. `received` and `sent` are between the client and the
    server (STUN and channel headers included), `peer_*` between the server and the other side; all in bytes
    or packets.

    coturn brings the counters of a living session up to date at its refreshes and every few thousand packets;
    those of an ended one are exact, about a second after its end. `peer_*` bytes are told then only.
    """

    id: str
    user: str  # without the expiry of a time-limited username
    username: str
    transport: Transport | None  # of the client; None where it ended before anyone asked
    peers: tuple[str, ...]  # host:port of those with a permission; empty once it has ended
    received_bytes: int = 0
    sent_bytes: int = 0
    received_packets: int = 0
    sent_packets: int = 0
    peer_received_bytes: int = 0
    peer_sent_bytes: int = 0
    ended: bool = False

    @property
    def total_bytes(self) -> int:
        """Between the client and the server, both ways."""
        return self.received_bytes + self.sent_bytes

    @property
    def relayed_bytes(self) -> int:
        """To and from the other side, without what STUN and TURN add: what was chatted, under DTLS. Exact,
        and above zero, only once the session has ended.
        """
        return self.peer_received_bytes + self.peer_sent_bytes


def user_of(username: str) -> str:
    """The name in a time-limited username (`expiry:name`), or the username itself."""
    expiry, colon, name = username.partition(":")
    return name if colon and expiry.isdigit() else username


def credentials(secret: str, user: str, ttl_s: int, now: float | None = None) -> tuple[str, str]:
    """Username and credential that expire `ttl_s` seconds from now, after the TURN REST convention: the
    HMAC-SHA1 of `expiry:user` under the shared secret (draft-uberti-behave-turn-rest-00, section 2.2).
    """
    username = f"{int(time.time() if now is None else now) + ttl_s}:{user}"
    mac = hmac.new(secret.encode("utf-8"), username.encode("utf-8"), hashlib.sha1)
    return username, base64.b64encode(mac.digest()).decode("ascii")


class TurnServer(ABC):
    """A TURN server of any kind. A context manager; `stop` may be called again and never raises."""

    kind: Kind
    urls: tuple[str, ...] = ()
    secret: str | None = None
    ttl_s: int
    sockets: Sockets = staticmethod(socket.socket)
    """Makes the sockets by which it is reached."""

    @abstractmethod
    def start(self) -> Self:
        """Starts it, if need be, and waits until it answers. Raises TurnUnavailable."""

    @abstractmethod
    def stop(self) -> None:
        """Ends it and removes what it left."""

    @abstractmethod
    def kill(self) -> None:
        """Dies without a word. Raises TurnCannot."""

    @abstractmethod
    def restart(self) -> None:
        """Again at the same port with the same secret, after `kill`. Raises TurnCannot, TurnUnavailable."""

    @abstractmethod
    def sessions(self) -> list[Session]:
        """Every allocation since the start, living and ended. Raises TurnCannot, TurnError."""

    def ice_servers(self, user: str, transport: Transport | None = None) -> IceServers:
        """Servers and credentials of a user. A name with a space is none to coturn: it answers 400."""
        assert self.secret is not None, "a server without a shared secret says by itself what its servers are"
        username, credential = credentials(self.secret, user, self.ttl_s)
        urls = [url for url in self.urls if transport is None or f"transport={transport}" in url]
        return [{"urls": urls, "username": username, "credential": credential}]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()
