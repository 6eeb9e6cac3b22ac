"""The page `/` and the reference widget's files, read once at the start and served from a fixed table.

What is not in the table goes on to the application behind, whose answers stay as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from protocol.spec import Spec
from reference_server.app import Reply, Response
from reference_server.http1 import lines
from reference_server.refusal import Header
from reference_server.requests import Request
from reference_server.serving import Application
from reference_server.widget_protocol import module

WIDGET = Path(__file__).parent / "widget"
PROTOCOL_JS = "protocol.js"
INDEX = "index.html"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
# Only what the page brings along runs, and it talks to this server alone. Images that take a token are blobs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
COMMON: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    # Asked for each time, and answered by 304 where nothing changed.
    (b"cache-control", b"no-cache"),
)


@dataclass(frozen=True, slots=True)
class File:
    """One file with its answers ready."""

    etag: bytes
    whole: Response
    unchanged: Response


class Pages:
    """The page and the widget's files, as they are in a folder."""

    policy: ClassVar[str] = POLICY

    def table(self, spec: Spec, folder: Path = WIDGET) -> dict[str, File]:
        """Every path that is served. Raises SpecError where the widget's copy of the spec cannot be made."""
        found = {
            f"/widget/{file.name}": self._file(file.suffix, self.content(file))
            for file in sorted(folder.iterdir())
            if file.suffix in TYPES and file.name != INDEX
        }
        found[f"/widget/{PROTOCOL_JS}"] = self._file(".js", module(spec).encode("utf-8"))
        found["/"] = self._file(".html", self.content(folder / INDEX))
        return found

    def content(self, file: Path) -> bytes:
        """What is served of a file."""
        return file.read_bytes()

    def _file(self, suffix: str, body: bytes) -> File:
        etag = b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode("ascii")
        tagged = (*COMMON, (b"content-security-policy", self.policy.encode("ascii")), (b"etag", etag))
        fields = lines([(b"content-type", TYPES[suffix].encode("ascii")), *tagged])
        return File(etag, Response(200, fields, body), Response(304, lines(tagged), b""))


class Site:
    """An application with pages in front of it."""

    def __init__(self, app: Application, pages: Mapping[str, File]) -> None:
        self._app = app
        self._pages = pages

    @property
    def body_cap(self) -> int:
        return self._app.body_cap

    def respond(self, request: Request) -> Reply:
        file = self._pages.get(request.path)
        if file is None or request.method not in ("GET", "HEAD"):
            return self._app.respond(request)
        return file.unchanged if has(request, file.etag) else file.whole

    def malformed(self, status: int, message: str) -> Response:
        return self._app.malformed(status, message)

    def operation(self, request: Request) -> str:
        return "page" if request.path in self._pages else self._app.operation(request)


def has(request: Request, etag: bytes) -> bool:
    """Does the client have this very file (If-None-Match, RFC 9110, 13.1.2)?"""
    known = request.headers.get(b"if-none-match", b"")
    return known == b"*" or any(part.strip().removeprefix(b"W/") == etag for part in known.split(b","))
