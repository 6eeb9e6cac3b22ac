"""Who may be sent a flood: this machine, and what its owner says is theirs. Asked before attack and load."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

FLAG = "--i-operate-this-target"
HELP = "this target is mine: send it there although it is not on this machine"


class GuardError(Exception):
    """The target may not be sent this; one line says why."""


def only_loopback(base_url: str, *, operated: bool) -> None:
    """Raises GuardError where the host is not (only) the loopback and the owner's flag is not given."""
    if operated:
        return
    outside = _outside(base_url)
    if outside:
        raise GuardError(
            f"{base_url}: {outside[0]} is not this machine; whoever operates that target may say {FLAG}"
        )


def is_loopback(base_url: str) -> bool:
    """Whether the host is the loopback and nothing else. Raises GuardError where it cannot be found."""
    return not _outside(base_url)


def _outside(base_url: str) -> list[str]:
    """The addresses of the host that are not the loopback."""
    host = urlsplit(base_url).hostname or ""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError) as error:
        raise GuardError(f"{base_url}: its host cannot be found: {error}") from None
    addresses = sorted(str(one).split("%")[0] for one in found)
    return [one for one in addresses if not ipaddress.ip_address(one).is_loopback]
