"""The things people send: session descriptions and candidates, each with a mark of its own."""

from __future__ import annotations

import secrets

from protocol.marks import LENGTH, mark


def filler(length: int) -> str:
    """So many letters and digits; a mark is among them where there is room for one."""
    return "a" * length if length < LENGTH else mark() + "a" * (length - LENGTH)


def sdp(of: str | None = None) -> str:
    """A session description for one data channel (RFC 8866, RFC 8841), lines ended by CRLF."""
    name = of or mark()
    fingerprint = ":".join(f"{byte:02X}" for byte in secrets.token_bytes(32))
    lines = (
        "v=0",
        f"o=- {secrets.randbits(60)} 2 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        f"a=ice-ufrag:{name[:24]}",
        f"a=ice-pwd:{secrets.token_hex(12)}",
        f"a=fingerprint:sha-256 {fingerprint}",
        "a=setup:actpass",
        "a=mid:0",
        "a=sctp-port:5000",
        f"a=x-mark:{name}",
    )
    return "".join(f"{line}\r\n" for line in lines)


def sdp_of_length(length: int, filler: str = "x") -> str:
    """A session description of exactly so many characters, padded with an attribute of `filler`."""
    head = sdp() + "a=x-pad:"
    tail = "\r\n"
    return head + filler * (length - len(head) - len(tail)) + tail


def relay_candidate(number: int = 1) -> str:
    """A relayed candidate line (RFC 8839) with an address of the benchmarking range (RFC 2544). Its
    foundation is a mark.
    """
    address = f"198.18.{number // 250 % 250}.{number % 250 + 1}"
    port = 50000 + number % 1000
    return f"candidate:{mark()} 1 udp 41885439 {address} {port} typ relay raddr 0.0.0.0 rport 0"


def host_candidate(address: str) -> str:
    """A host candidate line with the given address."""
    return f"candidate:{mark()} 1 udp 2122260223 {address} 54321 typ host generation 0"
