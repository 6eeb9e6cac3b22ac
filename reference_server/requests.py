"""What the application asks of a request: its credentials, its origin, where it comes from."""

from __future__ import annotations

from reference_server.http1 import Message


def bearer(message: Message) -> str | None:
    """The bearer token; None where the request has none, "" where it is empty."""
    header = message.headers.get(b"authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else None


def cookie(message: Message, name: bytes) -> str | None:
    """The first cookie of exactly this name."""
    header = message.headers.get(b"cookie")
    if header is None:
        return None
    for part in header.split(b";"):
        key, _, value = part.strip().partition(b"=")
        if key == name:
            return value.decode("latin-1")
    return None


def address(message: Message, trusted_header: bytes) -> str:
    """Where the request comes from: the peer, unless the operator trusts a header to say it."""
    trusted = message.headers.get(trusted_header) if trusted_header else None
    if trusted is None:
        return message.peer
    return trusted.rpartition(b",")[2].strip().decode("latin-1")
