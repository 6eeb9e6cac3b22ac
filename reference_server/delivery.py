"""Delivers the widget's bundles under their versioned paths, in front of the application (CDN-1 to CDN-9).

They are made and compressed when the first of them is asked for, in a thread. Every path and header is
page.yaml's.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

import brotli

from protocol import cdn
from protocol.spec import Spec
from reference_server.app import Reply, Response
from reference_server.bundles import BundleError, Bundler
from reference_server.http1 import lines
from reference_server.log import Log
from reference_server.pages import has
from reference_server.refusal import Header
from reference_server.requests import Request
from reference_server.serving import Application

JSON_TYPE = "application/json"
TEXT_TYPE = "text/plain; charset=utf-8"
PREFLIGHT_AGE_S = 600
BY_CODING = {"gzip": lambda body: gzip.compress(body, 9, mtime=0), "br": brotli.compress}


@dataclass(frozen=True, slots=True)
class Made:
    """One file: its content in each coding, the empty word being none."""

    name: str
    by_coding: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """A path that is delivered: the folder as page.yaml has it, and the file's name."""

    folder: str
    name: str


class Delivery:
    """The bundles and how they are answered. Each method is a fact that a wrong delivery gets wrong."""

    bundler: ClassVar[type[Bundler]] = Bundler

    def __init__(self, spec: Spec, log: Log) -> None:
        self._spec = spec
        self._log = log
        self._facts = spec.page["delivery"]
        self._folders = {
            cdn.folder(spec, template, self._facts["version"]): template for template in cdn.templates(spec)
        }
        files = list(self._facts["files"].values())
        maps = [name + self._facts["map_suffix"] for name in files]
        self._names = frozenset([*files, *maps, self._facts["integrity"]])
        self._making: asyncio.Task[dict[str, Made]] | None = None

    def place(self, path: str) -> Place | None:
        """What is delivered at this path; None where nothing is."""
        folder, _, name = path.rpartition("/")
        template = self._folders.get(f"{folder}/")
        return Place(template, name) if template is not None and name in self._names else None

    async def respond(self, request: Request, place: Place) -> Response:
        """The answer to a request for a delivered path; it raises nothing."""
        try:
            if request.method == "OPTIONS":
                return self.preflight(place)
            if request.method not in self.methods(place):
                return self._text(405, "Only GET and OPTIONS are answered here.")
            if self._making is None:
                self._making = asyncio.create_task(asyncio.to_thread(self._make))
            return self._file(request, place, (await asyncio.shield(self._making))[place.name])
        except Exception as error:
            self._making = None  # the next request tries again
            self._log.fault("delivery_error", error)
            why = str(error) if isinstance(error, BundleError) else "something went wrong here"
            return self._text(503, f"The bundles cannot be made: {why}.")

    # -- what a wrong delivery gets wrong

    def methods(self, place: Place) -> tuple[str, ...]:
        """The methods that bring the file. HEAD comes with GET (RFC 9110, 9.3.2)."""
        return ("GET", "HEAD")

    def preflight(self, place: Place) -> Response:
        """What a page is told that asks beforehand."""
        fields: list[Header] = [
            (b"allow", b"GET, HEAD, OPTIONS"),
            (b"access-control-allow-methods", self.allowed().encode("ascii")),
            (b"access-control-max-age", b"%d" % PREFLIGHT_AGE_S),
        ]
        return Response(204, lines([*self._common(place), *fields]), b"")

    def allowed(self) -> str:
        """The methods that pages of other origins may use."""
        return ", ".join(self._facts["methods"])

    def headers(self, place: Place) -> dict[str, str]:
        """What every answer carries."""
        found: dict[str, str] = self._facts["headers"]
        return found

    def cache_control(self, place: Place) -> str:
        return cdn.cache_control(self._spec, place.folder)

    def codings(self, place: Place) -> tuple[str, ...]:
        """The codings offered, the best first."""
        return tuple(reversed(self._facts["encodings"]))

    def content(self, place: Place, made: Made, coding: str) -> bytes:
        return made.by_coding[coding]

    def etag(self, body: bytes) -> bytes | None:
        """A strong one: each coding of a file has its own (RFC 9110, 8.8.3)."""
        return b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode("ascii")

    def unchanged(self, request: Request, etag: bytes) -> bool:
        return has(request, etag)

    # -- answers

    def _file(self, request: Request, place: Place, made: Made) -> Response:
        coding = chosen(request.headers.get(b"accept-encoding", b""), self.codings(place))
        body = self.content(place, made, coding)
        etag = self.etag(body)
        fields: list[Header] = [
            *self._common(place),
            (b"cache-control", self.cache_control(place).encode("ascii")),
            (b"vary", b"Accept-Encoding"),
        ]
        if etag is not None:
            fields.append((b"etag", etag))
            if self.unchanged(request, etag):
                return Response(304, lines(fields), b"")
        if coding:
            fields.append((b"content-encoding", coding.encode("ascii")))
        fields.append((b"content-type", self._type(place.name).encode("ascii")))
        return Response(200, lines(fields), body)

    def _text(self, status: int, text: str) -> Response:
        fields: list[Header] = [(b"cache-control", b"no-store"), (b"content-type", TEXT_TYPE.encode("ascii"))]
        if status == 405:
            fields.append((b"allow", b"GET, HEAD, OPTIONS"))
        return Response(status, lines([*self._common(None), *fields]), text.encode("utf-8") + b"\n")

    def _common(self, place: Place | None) -> list[Header]:
        found = self._facts["headers"] if place is None else self.headers(place)
        return [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in found.items()]

    def _type(self, name: str) -> str:
        suffix = PurePosixPath(name).suffix
        if suffix not in self._facts["types"]:
            return JSON_TYPE
        return f"{cdn.media_types(self._spec, name)[0]}; charset=utf-8"

    def _make(self) -> dict[str, Made]:
        """Bundles and compresses, once. Waits. Raises BundleError."""
        found = self.bundler(self._spec).make()
        return {
            name: Made(name, {"": body, **{coding: press(body) for coding, press in BY_CODING.items()}})
            for name, body in found.items()
        }


class Shop:
    """An application with the delivery in front of it."""

    def __init__(self, app: Application, delivery: Delivery) -> None:
        self._app = app
        self._delivery = delivery

    @property
    def body_cap(self) -> int:
        return self._app.body_cap

    def respond(self, request: Request) -> Reply:
        place = self._delivery.place(request.path)
        return self._app.respond(request) if place is None else self._delivery.respond(request, place)

    def malformed(self, status: int, message: str) -> Response:
        return self._app.malformed(status, message)

    def operation(self, request: Request) -> str:
        return "delivery" if self._delivery.place(request.path) else self._app.operation(request)


def chosen(accepted: bytes, offered: tuple[str, ...]) -> str:
    """The coding of those offered that a client likes best: Accept-Encoding, RFC 9110, 12.5.3; "" for none.

    Of equals the first offered is taken. What cannot be read is not accepted.
    """
    weights: dict[str, float] = {}
    for part in accepted.decode("latin-1").lower().split(","):
        name, _, parameter = part.partition(";")
        key, _, weight = parameter.partition("=")
        try:
            weights[name.strip()] = min(1.0, max(0.0, float(weight))) if key.strip() == "q" else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    liked = {name: weights.get(name, weights.get("*", 0.0)) for name in offered}
    best = max(offered, key=lambda name: liked[name], default="")
    return best if best and liked[best] > 0 and liked[best] >= weights.get("identity", 0.0) else ""
