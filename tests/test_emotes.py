"""The client of the public emote catalogue, its upstream mocked, and the pages that the picker asks."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
import respx

from reference_server.app import Reply, Response
from reference_server.emote_pages import EmotePages
from reference_server.emotes import (
    AGAIN_S,
    ANSWER_BYTES,
    FRESH_S,
    IMAGE_BYTES,
    STALE_S,
    UNDER_WAY,
    Catalogue,
    CatalogueError,
    Emote,
    NotThere,
)
from reference_server.requests import Request

API, IMAGES = "https://catalogue.example/v3", "https://images.example/emote"
GLOBAL = f"{API}/emote-sets/global"
# As upstream answers, with much that is not kept.
HELLO = {"id": "01ABC", "name": "hello", "flags": 0, "data": {"animated": False, "host": {"url": "//x"}}}
WAVE = {"id": "01DEF", "name": "wave", "flags": 256}
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L" + bytes(20)


class Stage:
    """A catalogue with a mocked upstream and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.upstream = respx.Router(assert_all_called=False)
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.upstream.async_handler))
        self.catalogue = Catalogue(API, IMAGES, client, lambda: self.now)

    def get(self, path: str, query: str = "") -> Response:
        """What the page answers to whoever asks for this path."""

        async def asked() -> Response:
            request = Request("GET", path, query.encode(), {}, keep_alive=True)
            found = EmotePages(_Behind(), self.catalogue).respond(request)
            return found if isinstance(found, Response) else await found

        return asyncio.run(asked())

    def names(self, query: str = "") -> list[str]:
        return [one["name"] for one in json.loads(self.get("/widget/emotes", query).body)["emotes"]]


class _Behind:
    """The application that the pages are in front of."""

    body_cap = 0

    def respond(self, request: Request) -> Reply:
        return Response(418, b"", b"")

    def malformed(self, status: int, message: str) -> Response:
        return Response(status, b"", b"")

    def operation(self, request: Request) -> str:
        return "other"


@pytest.fixture
def stage() -> Stage:
    return Stage()


def run(asked: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asked)


def test_the_sets_and_a_search_are_had_in_the_words_of_the_catalogue(stage: Stage) -> None:
    stage.upstream.get(GLOBAL).respond(json={"emotes": [HELLO, WAVE]})
    stage.upstream.get(f"{API}/users/twitch/4711").respond(json={"emote_set": {"emotes": [WAVE]}})
    found = {"data": {"emotes": {"items": [HELLO]}}}
    search = stage.upstream.post(f"{API}/gql").respond(json=found)
    assert run(stage.catalogue.everybodys()) == (Emote("01ABC", "hello"), Emote("01DEF", "wave"))
    assert run(stage.catalogue.of_user("4711")) == (Emote("01DEF", "wave"),)
    assert run(stage.catalogue.search(" hello ")) == (Emote("01ABC", "hello"),)
    assert json.loads(search.calls.last.request.content)["variables"]["query"] == "hello"


def test_an_answer_is_kept_until_it_is_old(stage: Stage) -> None:
    route = stage.upstream.get(GLOBAL).respond(json={"emotes": [HELLO]})
    for later, calls in ((0, 1), (FRESH_S - 1, 1), (1, 2)):
        stage.now += later
        assert stage.names() == ["hello"]
        assert route.call_count == calls


@pytest.mark.parametrize("why", [httpx.ConnectError("no"), httpx.ReadTimeout("late"), httpx.Response(503)])
def test_a_catalogue_that_is_down_is_left_alone_and_what_is_known_is_served(
    stage: Stage, why: Exception | httpx.Response
) -> None:
    route = stage.upstream.get(GLOBAL).respond(json={"emotes": [HELLO]})
    assert stage.names() == ["hello"]
    route.mock(side_effect=[why] * 3)
    stage.now += FRESH_S
    assert [stage.names(), stage.names()] == [["hello"], ["hello"]]
    assert route.call_count == 2, "one try, and then it is left alone"
    stage.now += AGAIN_S
    assert stage.names() == ["hello"] and route.call_count == 3
    stage.now += STALE_S
    assert stage.get("/widget/emotes").status == 502


def test_it_is_asked_again_once_it_may_have_come_back(stage: Stage) -> None:
    route = stage.upstream.get(GLOBAL).mock(side_effect=httpx.ConnectError("no"))
    assert [stage.get("/widget/emotes").status for _ in range(2)] == [502, 502]
    assert route.call_count == 1
    route.mock(return_value=httpx.Response(200, json={"emotes": [WAVE]}))
    stage.now += AGAIN_S
    assert stage.names() == ["wave"]


def test_many_who_want_the_same_ask_once(stage: Stage) -> None:
    route = stage.upstream.get(GLOBAL)

    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return httpx.Response(200, json={"emotes": [HELLO]})

    route.mock(side_effect=slow)

    async def many() -> list[tuple[Emote, ...]]:
        return await asyncio.gather(*(stage.catalogue.everybodys() for _ in range(5)))

    assert run(many()) == [(Emote("01ABC", "hello"),)] * 5 and route.call_count == 1


def test_who_asks_for_too_much_at_once_waits_for_nobody(stage: Stage) -> None:
    over = asyncio.Event()

    async def hanging(request: httpx.Request) -> httpx.Response:
        await over.wait()
        return httpx.Response(200, json={"data": {"emotes": {"items": [HELLO]}}})

    stage.upstream.post(f"{API}/gql").mock(side_effect=hanging)

    async def many() -> list[Any]:
        asked = [asyncio.create_task(stage.catalogue.search(f"word {number}")) for number in range(UNDER_WAY)]
        await asyncio.sleep(0)
        with pytest.raises(CatalogueError, match="too much at once"):
            await stage.catalogue.search("one more")
        over.set()
        return await asyncio.gather(*asked)

    assert run(many()) == [(Emote("01ABC", "hello"),)] * UNDER_WAY


MARKUP = {"id": "01ABC", "name": "<img src=x onerror=alert(1)> "}
NO_EMOTES = [
    MARKUP,
    {"id": "../../etc", "name": "a"},
    {"id": 7, "name": "b"},
    {"name": "c"},
    "d",
    None,
    [HELLO],
]


def test_of_what_is_no_emote_nothing_is_kept_and_a_name_is_there_once(stage: Stage) -> None:
    again = {**WAVE, "id": "01XYZ"}
    stage.upstream.get(GLOBAL).respond(json={"emotes": [*NO_EMOTES, WAVE, again]})
    assert run(stage.catalogue.everybodys()) == (Emote("01DEF", "wave"),)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, text="[" * 100_000),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"emotes": {"a": 1}}),
        httpx.Response(200, content=b" " * (ANSWER_BYTES + 1)),
        httpx.Response(302, headers={"location": "http://127.0.0.1/"}),
        httpx.Response(200, headers={"content-encoding": "gzip"}, content=gzip.compress(b'{"emotes": []}')),
    ],
    ids=["html", "nested", "no object", "no list", "too long", "redirect", "packed"],
)
def test_whatever_comes_is_an_error_in_words_and_nothing_more(stage: Stage, answer: httpx.Response) -> None:
    stage.upstream.get(GLOBAL).mock(return_value=answer)
    with pytest.raises(CatalogueError, match="The emote catalogue"):
        run(stage.catalogue.everybodys())


def test_a_user_that_is_not_there_is_404_even_where_it_was(stage: Stage) -> None:
    route = stage.upstream.get(f"{API}/users/twitch/1").respond(json={"emote_set": {"emotes": [WAVE]}})
    assert stage.names("user=1") == ["wave"]
    route.mock(return_value=httpx.Response(404))
    stage.now += FRESH_S
    with pytest.raises(NotThere):
        run(stage.catalogue.of_user("1"))
    assert stage.get("/widget/emotes", "user=1").status == 404


@pytest.mark.parametrize("query", ["user=alice", "user=..%2Fx", "query=", "query=+", "query=" + 101 * "x"])
def test_what_is_no_question_is_400_and_asks_nobody(stage: Stage, query: str) -> None:
    found = stage.get("/widget/emotes", query)
    assert (found.status, stage.upstream.calls.call_count) == (400, 0)


def test_an_image_is_served_inert_and_kept(stage: Stage) -> None:
    route = stage.upstream.get(f"{IMAGES}/01ABC/2x.webp").respond(content=WEBP)
    for _ in range(2):
        found = stage.get("/widget/emotes/01ABC.webp")
        assert (found.status, found.body) == (200, WEBP)
    for line in (b"content-type: image/webp", b"nosniff", b"default-src 'none'; sandbox"):
        assert line in found.fields
    assert route.call_count == 1


@pytest.mark.parametrize("content", [b"<svg/>", WEBP + bytes(IMAGE_BYTES)], ids=["no image", "too long"])
def test_what_is_no_image_or_too_long_is_not_passed_on(stage: Stage, content: bytes) -> None:
    stage.upstream.get(f"{IMAGES}/01ABC/2x.webp").respond(content=content)
    assert stage.get("/widget/emotes/01ABC.webp").status == 502


def test_other_paths_are_the_applications(stage: Stage) -> None:
    asked: list[Callable[[], Response]] = [
        lambda: stage.get("/widget/emotes.js"),
        lambda: stage.get("/widget/emotes/01ABC.svg"),
        lambda: stage.get("/signaling/rooms"),
    ]
    assert [one().status for one in asked] == [418] * 3
    assert stage.get("/widget/emotes/..%2f..%2fx.webp").status == 400
