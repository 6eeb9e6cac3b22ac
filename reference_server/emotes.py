"""A client of the public emote catalogue of 7TV (API v3): the global set, a user's set, a search, images.

It is for the widget's picker, is no part of the protocol, and is off unless the operator names the URL of
the catalogue (https://7tv.io/v3). What upstream says is not trusted: answers are bounded, and of an emote
only its id and its name are kept, both of which have to look like one. A catalogue that is down costs the
picker its emotes and nobody else anything: what was known before is served meanwhile, and upstream is left
alone for a while.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
from cachetools import LRUCache

from protocol.spec import Json

TIMEOUT_S = 5.0
FRESH_S = 900.0  # an answer is served this long without asking again
STALE_S = 86_400.0  # and this long where upstream is down
AGAIN_S = 30.0  # after a failure upstream is not asked for the same thing any sooner
AT_ONCE = 4  # requests to upstream
UNDER_WAY = 64  # answers that somebody waits for; whoever comes then is told that the catalogue is busy
ANSWERS = 256  # kept, of lists
ANSWER_BYTES = 4_000_000  # a set of a thousand emotes with all that is said of each takes about one
IMAGE_BYTES = 1_000_000
IMAGES_BYTES = 32_000_000  # kept, of images
EMOTES = 1_000  # of one answer
FOUND = 50  # of a search
QUERY_CHARS = 100
ID = re.compile(r"[0-9A-Za-z]{1,40}")
USER_ID = re.compile(r"[0-9]{1,20}")
NAME = re.compile(r"[A-Za-z0-9_\-().:<>!?&'*+=/\\|^~]{1,100}")
IMAGE = "{id}/2x.webp"
SEARCH = (
    "query($query: String!, $limit: Int) "
    "{ emotes(query: $query, page: 1, limit: $limit) { items { id name } } }"
)
Kept = TypeVar("Kept")


class CatalogueError(Exception):
    """The catalogue could not be had, and nothing of it is known; the message is for whoever asked."""


class NotThere(CatalogueError):
    """Upstream answers that there is no such user or image."""


@dataclass(frozen=True, slots=True)
class Emote:
    id: str
    name: str


class _Cache(Generic[Kept]):
    """Answers by what was asked. One request is under way for the same thing, however many want it."""

    def __init__(self, size: float, sizeof: Callable[[Any], float], clock: Callable[[], float]) -> None:
        self._kept: LRUCache[object, tuple[float, Kept]] = LRUCache(size, lambda entry: sizeof(entry[1]))
        self._failed: LRUCache[object, tuple[float, CatalogueError]] = LRUCache(ANSWERS)
        self._under_way: dict[object, asyncio.Task[Kept]] = {}
        self._clock = clock

    async def get(self, key: object, fetch: Callable[[], Awaitable[Kept]]) -> Kept:
        """Raises CatalogueError."""
        now = self._clock()
        kept, failed = self._kept.get(key), self._failed.get(key)
        if kept is not None and now - kept[0] < FRESH_S:
            return kept[1]
        try:
            if failed is not None and now - failed[0] < AGAIN_S:
                raise failed[1]
            return await asyncio.shield(self._asked(key, fetch))
        except NotThere:
            raise
        except CatalogueError:
            if kept is not None and now - kept[0] < STALE_S:
                return kept[1]
            raise

    def _asked(self, key: object, fetch: Callable[[], Awaitable[Kept]]) -> asyncio.Task[Kept]:
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= UNDER_WAY:
                raise CatalogueError("The emote catalogue is asked for too much at once.")
            task = self._under_way[key] = asyncio.create_task(self._fetched(key, fetch))
            task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return task

    async def _fetched(self, key: object, fetch: Callable[[], Awaitable[Kept]]) -> Kept:
        try:
            found = await fetch()
        except CatalogueError as error:
            self._failed[key] = (self._clock(), error)
            raise
        finally:
            del self._under_way[key]
        self._kept[key] = (self._clock(), found)
        self._failed.pop(key, None)
        return found


class Catalogue:
    """What is in the catalogue behind `url`, with its images below `images_url`."""

    def __init__(
        self,
        url: str,
        images_url: str,
        client: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/")
        self._images_url = images_url.rstrip("/")
        # Redirects are not followed: only the two URLs that the operator named are ever asked.
        self._client = client or httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)
        self._lists: _Cache[tuple[Emote, ...]] = _Cache(ANSWERS, lambda _: 1, clock)
        self._images: _Cache[bytes] = _Cache(IMAGES_BYTES, len, clock)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def everybodys(self) -> tuple[Emote, ...]:
        """The global set. Raises CatalogueError."""
        return await self._lists.get("global", lambda: self._set("/emote-sets/global", "emotes"))

    async def of_user(self, twitch_id: str) -> tuple[Emote, ...]:
        """The set of a user of Twitch. Raises CatalogueError, ValueError for what is no such id."""
        if USER_ID.fullmatch(twitch_id) is None:
            raise ValueError("user: expected the number of a user of Twitch")
        path = f"/users/twitch/{twitch_id}"
        return await self._lists.get(path, lambda: self._set(path, "emote_set", "emotes"))

    async def search(self, query: str) -> tuple[Emote, ...]:
        """Emotes named like the query. Raises CatalogueError, and ValueError for no query or a long one."""
        wanted = query.strip()
        if not 0 < len(wanted) <= QUERY_CHARS:
            raise ValueError(f"query: expected 1 to {QUERY_CHARS} characters")

        async def fetch() -> tuple[Emote, ...]:
            asked = {"query": SEARCH, "variables": {"query": wanted, "limit": FOUND}}
            found = await self._json("POST", "/gql", asked)
            return _emotes(_below(found, "data", "emotes", "items"))[:FOUND]

        return await self._lists.get(("search", wanted.lower()), fetch)

    async def image(self, emote_id: str) -> bytes:
        """The WebP of an emote. Raises CatalogueError, ValueError for what is no id."""
        if ID.fullmatch(emote_id) is None:
            raise ValueError("id: expected the id of an emote")

        async def fetch() -> bytes:
            url = f"{self._images_url}/{IMAGE.format(id=emote_id)}"
            found = await self._bytes("GET", url, IMAGE_BYTES)
            if found[:4] != b"RIFF" or found[8:12] != b"WEBP":
                raise CatalogueError("The emote catalogue sent something that is no image.")
            return found

        return await self._images.get(emote_id, fetch)

    async def close(self) -> None:
        await self._client.aclose()

    async def _set(self, path: str, *where: str) -> tuple[Emote, ...]:
        return _emotes(_below(await self._json("GET", path), *where))

    async def _json(self, method: str, path: str, body: Json | None = None) -> Any:
        text = await self._bytes(method, self._url + path, ANSWER_BYTES, body)
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise CatalogueError("The emote catalogue sent something that is not JSON.") from None

    async def _bytes(self, method: str, url: str, most: int, body: Json | None = None) -> bytes:
        """The body of an answer 200, read no further than it may be long."""
        found = bytearray()
        try:
            # As it is sent: what a few bytes are unpacked to is nobody's bound.
            request = self._client.build_request(
                method, url, json=body, headers={"accept-encoding": "identity"}
            )
            async with asyncio.timeout(TIMEOUT_S), self._turns:
                response = await self._client.send(request, stream=True)
                try:
                    if response.status_code == httpx.codes.NOT_FOUND:
                        raise NotThere("The emote catalogue does not have it.")
                    if response.status_code != httpx.codes.OK:
                        raise CatalogueError(f"The emote catalogue answers {response.status_code}.")
                    if response.headers.get("content-encoding", "identity") != "identity":
                        raise CatalogueError("The emote catalogue packs what was asked for plain.")
                    async for part in response.aiter_bytes():
                        found += part
                        if len(found) > most:
                            raise CatalogueError("The emote catalogue's answer is too long.")
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError):
            raise CatalogueError("The emote catalogue cannot be reached.") from None
        return bytes(found)


def _below(document: Any, *where: str) -> Any:
    """What is at this place; None where the document has none."""
    for key in where:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _emotes(entries: Any) -> tuple[Emote, ...]:
    """Those entries that are emotes, each name once. Raises CatalogueError for what is no list."""
    if not isinstance(entries, list):
        raise CatalogueError("The emote catalogue's answer has no list of emotes.")
    found: dict[str, Emote] = {}
    for emote in _looked_at(entries[:EMOTES]):
        found.setdefault(emote.name, emote)
    return tuple(found.values())


def _looked_at(entries: list[Any]) -> Iterator[Emote]:
    for entry in entries:
        emote_id, name = _below(entry, "id"), _below(entry, "name")
        if (
            isinstance(emote_id, str)
            and isinstance(name, str)
            and ID.fullmatch(emote_id)
            and NAME.fullmatch(name)
        ):
            yield Emote(emote_id, name)
