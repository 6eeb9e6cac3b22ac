"""What the widget's picker asks of the emote catalogue, through this server.

A browser never talks to the catalogue itself, which so learns nobody's address. It is no part of the
protocol, and there only where `[emotes]` is configured. `/widget/emotes` is the global set, `?user=ID` that
of a user of Twitch, `?query=WORDS` a search: `{"emotes": [{"id", "name"}]}`. `/widget/emotes/ID.webp` is an
image. Where the catalogue is down the answer is 502.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Any
from urllib.parse import parse_qs

from reference_server.app import Reply, Response
from reference_server.emotes import Catalogue, CatalogueError, Emote, NotThere
from reference_server.http1 import lines
from reference_server.refusal import Header
from reference_server.requests import Request
from reference_server.serving import Application

PATH = "/widget/emotes"
SUFFIX = ".webp"
COMMON: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
)
LIST_CACHE = b"private, max-age=300"
IMAGE_CACHE = b"private, max-age=86400"


class EmotePages:
    """An application with the catalogue in front of it."""

    def __init__(self, app: Application, catalogue: Catalogue) -> None:
        self._app = app
        self._catalogue = catalogue

    @property
    def body_cap(self) -> int:
        return self._app.body_cap

    def respond(self, request: Request) -> Reply:
        if request.method not in ("GET", "HEAD"):
            return self._app.respond(request)
        if request.path == PATH:
            return self._list(request.query)
        if request.path.startswith(f"{PATH}/") and request.path.endswith(SUFFIX):
            return self._image(request.path.removeprefix(f"{PATH}/").removesuffix(SUFFIX))
        return self._app.respond(request)

    def malformed(self, status: int, message: str) -> Response:
        return self._app.malformed(status, message)

    def operation(self, request: Request) -> str:
        return "emotes" if request.path.startswith(PATH) else self._app.operation(request)

    async def _list(self, query: bytes) -> Response:
        try:
            emotes = await self._asked(parse_qs(query.decode("latin-1"), True, max_num_fields=10))
        except (CatalogueError, ValueError) as error:
            return _refusal(error)
        body = json.dumps({"emotes": [{"id": emote.id, "name": emote.name} for emote in emotes]}).encode()
        return _answer(200, b"application/json", body, LIST_CACHE)

    def _asked(self, asked: dict[str, list[str]]) -> Coroutine[Any, Any, tuple[Emote, ...]]:
        if "query" in asked:
            return self._catalogue.search(asked["query"][0])
        if "user" in asked:
            return self._catalogue.of_user(asked["user"][0])
        return self._catalogue.everybodys()

    async def _image(self, emote_id: str) -> Response:
        try:
            found = await self._catalogue.image(emote_id)
        except (CatalogueError, ValueError) as error:
            return _refusal(error)
        return _answer(200, b"image/webp", found, IMAGE_CACHE)


def _refusal(error: Exception) -> Response:
    status = 404 if isinstance(error, NotThere) else 502 if isinstance(error, CatalogueError) else 400
    return _answer(status, b"application/json", json.dumps({"error": str(error)}).encode(), b"no-store")


def _answer(status: int, kind: bytes, body: bytes, cache: bytes) -> Response:
    return Response(status, lines([(b"content-type", kind), *COMMON, (b"cache-control", cache)]), body)
