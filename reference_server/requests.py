"""One HTTP request as the server sees it: the headers it asks for, the credentials, the body to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_server.bodies import Body, Receive

Scope = Mapping[str, Any]


class HeaderNames:
    """The headers that are read, in lower case. All others of a request are never looked at."""

    def __init__(self, csrf: str, trusted_address: str) -> None:
        self.csrf = csrf.lower().encode("ascii")
        self.trusted_address = trusted_address.lower().encode("ascii")
        known = {
            *(b"authorization", b"cookie", b"origin", b"content-type", b"content-encoding"),
            *(b"content-length", b"transfer-encoding", self.csrf, self.trusted_address),
        }
        self.wanted = frozenset(known - {b""})


class Request:
    """The parts of a request that matter. A header given twice is joined, which makes good ones bad."""

    __slots__ = ("_names", "_scope", "body", "found", "method", "origin", "path")

    def __init__(self, scope: Scope, receive: Receive, names: HeaderNames, cap: int) -> None:
        self._scope = scope
        self._names = names
        wanted = names.wanted
        found: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in wanted:
                if name not in found:
                    found[name] = value
                else:
                    found[name] += (b"; " if name == b"cookie" else b", ") + value
        self.found = found
        self.method: str = scope["method"]
        self.path: str = scope["raw_path"].decode("latin-1")
        self.origin = found.get(b"origin")
        self.body = Body(receive, cap, found.get(b"content-length"), b"transfer-encoding" in found)

    @property
    def query(self) -> bytes:
        query: bytes = self._scope["query_string"]
        return query

    @property
    def csrf(self) -> bytes | None:
        return self.found.get(self._names.csrf)

    @property
    def address(self) -> str:
        """Where the request comes from: the peer, unless the operator trusts a header to say it."""
        trusted = self.found.get(self._names.trusted_address)
        if trusted is not None:
            return trusted.rpartition(b",")[2].strip().decode("latin-1")
        client = self._scope.get("client")
        return str(client[0]) if client else ""

    def bearer(self) -> str | None:
        """The bearer token; None where the header has none, "" where it is empty."""
        header = self.found.get(b"authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(b" ")
        return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else None

    def cookie(self, name: str) -> str | None:
        """The first cookie of exactly this name."""
        header = self.found.get(b"cookie")
        if header is None:
            return None
        for part in header.decode("latin-1").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return None
