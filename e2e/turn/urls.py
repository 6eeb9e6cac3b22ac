"""TURN urls after RFC 7065: turn:host:port?transport=udp."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from e2e.turn.server import Transport, TurnError

PORT, TLS_PORT = 3478, 5349  # RFC 7065 section 3.1, by RFC 8656
URL = re.compile(
    r"(?P<scheme>turns?):(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.\-_]+)(?::(?P<port>\d{1,5}))?"
    r"(?:\?transport=(?P<transport>udp|tcp))?"
)


@dataclass(frozen=True)
class TurnUrl:
    """The parts of a TURN url; `text` is the url as it was given."""

    text: str
    host: str
    port: int
    transport: Transport
    tls: bool

    @property
    def is_loopback(self) -> bool:
        """Is its host this machine, by address or by the name `localhost`? No name is looked up."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse(text: str) -> TurnUrl:
    """The parts of a TURN url, with the defaults of RFC 7065. Raises TurnError."""
    match = URL.fullmatch(text)
    port = int(match["port"]) if match and match["port"] else None
    if match is None or (port is not None and not 0 < port < 1 << 16):
        raise TurnError(f"{text[:120]!r} is not a TURN url; expected turn:host:port?transport=udp (RFC 7065)")
    tls = match["scheme"] == "turns"
    transport: Transport = "tcp" if (match["transport"] or ("tcp" if tls else "udp")) == "tcp" else "udp"
    host = match["host"].strip("[]")
    return TurnUrl(text, host, port or (TLS_PORT if tls else PORT), transport, tls)


@dataclass(frozen=True)
class Offered:
    """One TURN url of an iceServers list, with its credentials."""

    url: TurnUrl
    username: str
    credential: str


def well_formed(ice_servers: Any) -> list[dict[str, Any]]:
    """The servers in what is said to be an iceServers list that RTCPeerConnection would take; what is none is
    left out. Whether a url in it means anything is not looked at.
    """
    found = []
    for server in ice_servers if isinstance(ice_servers, list) else []:
        urls = server.get("urls") if isinstance(server, dict) else None
        names = [urls] if isinstance(urls, str) else urls
        words = [server.get(name, "") for name in ("username", "credential")] if names else []
        if isinstance(names, list) and names and all(isinstance(text, str) for text in (*names, *words)):
            found.append(server)
    return found


def offered(ice_servers: Any) -> list[Offered]:
    """The TURN urls of an iceServers list of whatever shape, in its order; stun: urls and what is no list of
    servers are left out. Raises TurnError on a TURN url that is none.
    """
    found: list[Offered] = []
    for server in ice_servers if isinstance(ice_servers, list) else []:
        if not isinstance(server, dict):
            continue
        urls = server.get("urls")
        names: Iterable[Any] = urls if isinstance(urls, list) else [urls]
        username, credential = str(server.get("username", "")), str(server.get("credential", ""))
        found += [
            Offered(parse(name), username, credential)
            for name in names
            if isinstance(name, str) and name.startswith(("turn:", "turns:"))
        ]
    return found
