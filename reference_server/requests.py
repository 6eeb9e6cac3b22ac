"""One request: what came, and what the application asks of it (credentials, origin, where it comes from)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Request:
    """A request as it was sent. Header names are in lower case; a header given twice is joined by commas."""

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    keep_alive: bool
    body: bytes = b""
    too_large: bool = False  # the body was; it is not kept then
    peer: str = ""
    answering: list[tuple[bytes, bytes]] = field(default_factory=list)  # header fields for a good answer

    @property
    def origin(self) -> bytes | None:
        return self.headers.get(b"origin")

    def bearer(self) -> str | None:
        """The bearer token; None where the request has none, "" where it is empty."""
        header = self.headers.get(b"authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(b" ")
        return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else None

    def cookie(self, name: bytes) -> str | None:
        """The first cookie of exactly this name."""
        header = self.headers.get(b"cookie")
        if header is None:
            return None
        for part in header.split(b";"):
            key, _, value = part.strip().partition(b"=")
            if key == name:
                return value.decode("latin-1")
        return None

    def address(self, trusted_header: bytes) -> str:
        """Where the request comes from: the peer, unless the operator trusts a header to say it."""
        trusted = self.headers.get(trusted_header) if trusted_header else None
        if trusted is None:
            return self.peer
        return trusted.rpartition(b",")[2].strip().decode("latin-1")
