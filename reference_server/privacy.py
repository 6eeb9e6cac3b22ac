"""Address hygiene of anonymous rooms: what an SDP or a candidate line tells about a private network goes.

Only host candidates and related addresses (`raddr`) of private, loopback and link-local ranges are
touched, and the default address (`c=`, `a=rtcp:`) that repeats them; everything else stays byte for byte.
Relay addresses are never touched.
"""

from __future__ import annotations

import ipaddress
import re

LINE = re.compile(r"[^\r\n]+(?:\r\n|\r|\n)?")
RELATED = re.compile(r"( raddr )(\S+)( rport )(\S+)", re.IGNORECASE)
DEFAULT = re.compile(r"^((?:c=|a=rtcp:\d+ )IN IP[46] )(\S+)", re.IGNORECASE)

# Written out: Python's `is_private` takes the ranges for documentation and others in as well.
HIDDEN = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)


def hidden(address: str) -> bool:
    """True for an address of a private, loopback or link-local range."""
    try:
        found = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        # A name tells nothing (mDNS is made for that), but a mere oddly written number is no name.
        return re.fullmatch(r"[0-9.]+|localhost", address.lower()) is not None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found.version == network.version and found in network for network in HIDDEN)


def clean_candidate(line: str) -> str | None:
    """The candidate line without hidden addresses; None where it is a host candidate of one."""
    words = line.split()
    kind = [word.lower() for word in words[6:8]]
    if kind == ["typ", "host"] and hidden(words[4]):
        return None
    return RELATED.sub(_without_related, line)


def clean_sdp(text: str) -> str:
    """The session description without hidden addresses."""
    return LINE.sub(_clean_line, text)


def _clean_line(match: re.Match[str]) -> str:
    line = match.group()
    start = line.lstrip().lower()
    if start.startswith("a=candidate:"):
        return clean_candidate(line) or ""
    if start.startswith(("c=", "a=rtcp:")):
        return DEFAULT.sub(_without_default, line)
    return line


def _without_default(match: re.Match[str]) -> str:
    before, address = match.groups()
    return before + _neutral(address) if hidden(address) else match.group()


def _without_related(match: re.Match[str]) -> str:
    before, address, between, _ = match.groups()
    return f"{before}{_neutral(address)}{between}0" if hidden(address) else match.group()


def _neutral(address: str) -> str:
    """What browsers write where they hide an address."""
    return "::" if ":" in address else "0.0.0.0"  # noqa: S104 - the address that means none
