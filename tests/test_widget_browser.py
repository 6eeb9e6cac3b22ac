"""The widget in a real browser, relay only through a real coturn: few flows, the whole of each."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from browser_kit import HOLD, PATIENCE_MS, needs_chromium
from playwright.async_api import Browser, Page, Route, expect
from server_kit import SECRET, SPEC, ServerProcess

from e2e.turn import TurnServer
from e2e.turn.process import TurnProcess
from protocol import tokens

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(
        shutil.which("turnserver") is None, reason="turnserver is not installed (make test says how)"
    ),
    pytest.mark.asyncio(loop_scope="module"),
]
LONG_S = 90.0  # for whatever should come; a busy machine is no failure


class Visitor:
    """A person at a page of their own."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self._dismiss)

    async def _dismiss(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        await dialog.dismiss()

    async def state(self) -> dict[str, Any]:
        found = await self.page.evaluate("() => window.widget.getState()")
        assert isinstance(found, dict)
        return found

    async def until(self, what: str, good: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Polls the state; the page's policy lets no predicate be evaluated inside it."""
        deadline = asyncio.get_running_loop().time() + LONG_S
        while not good(found := await self.state()):
            assert asyncio.get_running_loop().time() < deadline, f"{what}: {found} {await self.alert()}"
            await asyncio.sleep(0.05)
        return found

    async def in_chat(self) -> dict[str, Any]:
        return await self.until("is in the chat", lambda state: state["phase"] == "chat")

    async def create(self) -> str:
        await self.page.get_by_role("button", name="Create Room", exact=True).click()
        return str((await self.in_chat())["roomId"])

    async def say(self, text: str) -> None:
        compose = self.page.get_by_placeholder(SPEC.page["elements"]["compose"]["placeholder"])
        await compose.fill(text)
        await compose.press("Enter")

    async def sees(self, *texts: str) -> None:
        """These messages, and no others, in this order."""

        def good(state: dict[str, Any]) -> bool:
            return [message["text"] for message in state["messages"]] == list(texts)

        await self.until(f"sees {texts}", good)
        # Many changes are drawn together, so the page is a moment behind the state.
        await expect(self.page.locator(".chat-message")).to_have_text(list(texts))

    async def has(self, texts: set[str]) -> None:
        """These messages in any order, each once."""

        def good(state: dict[str, Any]) -> bool:
            return sorted(message["text"] for message in state["messages"]) == sorted(texts)

        await self.until(f"has {texts}", good)

    async def alert(self) -> str:
        return "".join(await self.page.get_by_role("alert").all_inner_texts())

    async def sees_present(self, *names: str) -> None:
        """These people, in any order: each is told of by a frame of its own, and drawn a moment later."""
        present = self.page.locator(".chat-presence")
        deadline = asyncio.get_running_loop().time() + LONG_S
        while sorted(found := (await present.inner_text()).split("\n")) != sorted(names):
            assert asyncio.get_running_loop().time() < deadline, f"sees {names}: {found}"
            await asyncio.sleep(0.05)


Open = Callable[..., Awaitable[Visitor]]


@pytest.fixture(scope="module")
def turn() -> Iterator[TurnServer]:
    with TurnProcess(SPEC.timings["turn_credential_max"]) as running:
        yield running


def server_config(turn: TurnServer) -> dict[str, dict[str, Any]]:
    return {
        "auth": {"hs256_secret": SECRET},
        "turn": {"urls": list(turn.urls), "secret": turn.secret},
        "encryption": {"enabled": True},
        "test_control": {"enabled": True},
    }


@pytest.fixture
def server(turn: TurnServer, tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path, server_config(turn)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, server: ServerProcess) -> AsyncIterator[Open]:
    visitors: list[Visitor] = []

    async def opened(user: str, **fragment: str) -> Visitor:
        context = await browser.new_context()
        visitor = Visitor(await context.new_page())
        visitors.append(visitor)
        claims = tokens.claims(SPEC, user, displayName=user.title(), lifetime=3600)
        token = tokens.SecretSigner(SECRET.encode()).sign(claims)
        await visitor.page.add_init_script(HOLD)
        visitor.page.set_default_timeout(PATIENCE_MS)
        await visitor.page.goto(f"{server.url}/#{urlencode({'token': token, 'relayOnly': '1', **fragment})}")
        await visitor.page.locator(".chat-client").wait_for()
        return visitor

    yield opened
    for visitor in visitors:
        await visitor.page.evaluate("() => window.widget.destroy()")
        await visitor.page.context.close()
        assert (visitor.errors, visitor.dialogs) == ([], [])


async def pairs(visitor: Visitor) -> list[tuple[str, str]]:
    """The kinds of the two ends of every selected candidate pair."""
    found = await visitor.page.evaluate(
        """async () => {
          const kinds = [];
          for (const pc of window.connections) {
            const stats = await pc.getStats();
            for (const pair of stats.values()) {
              if (pair.type !== "candidate-pair" || !pair.nominated) continue;
              const kind = (id) => stats.get(id).candidateType;
              kinds.push([kind(pair.localCandidateId), kind(pair.remoteCandidateId)]);
            }
          }
          return kinds;
        }"""
    )
    return [(local, remote) for local, remote in found]


WATCH = """(() => {
  window.connections = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...given) { super(...given); window.connections.push(this); }
  };
})()"""


async def test_three_people_chat_through_the_relay(visit: Open) -> None:
    alice = await visit("alice")
    room = await alice.create()
    await alice.page.evaluate(WATCH)
    bob = await visit("bob", room=room)
    await bob.in_chat()
    markup = '<img src=x onerror="alert(1)"><b>bold</b>'
    await alice.say("Hello")
    await bob.sees("Hello")  # else the two cross, and each page has its own first
    await bob.say(markup)
    await alice.sees("Hello", markup)
    await bob.sees("Hello", markup)
    assert await bob.page.locator(".chat-message :is(img, b)").count() == 0
    # It is shown for some seconds, and is looked for from the beginning of them.
    shown = asyncio.ensure_future(alice.page.get_by_text("Bob is typing").wait_for())
    await bob.page.get_by_role("textbox", name="Message").press_sequentially("typing")
    await shown
    await bob.page.get_by_role("textbox", name="Message").fill("")
    await alice.page.get_by_text("Bob is typing").wait_for(state="detached")

    carol = await visit("carol")
    await carol.page.get_by_label("Room id").fill(room)
    await carol.page.get_by_role("button", name="Join", exact=True).click()
    await carol.in_chat()
    await carol.sees("Hello", markup)
    await carol.say("I am late")
    await bob.sees("Hello", markup, "I am late")
    for visitor in (alice, bob, carol):
        await visitor.sees_present("Alice", "Bob", "Carol")

    await carol.page.get_by_role("button", name="Leave", exact=True).click()
    assert (await carol.state())["roomId"] is None
    await alice.until("sees carol go", lambda state: [peer["id"] for peer in state["peers"]] == ["bob"])
    await bob.until("sees carol go", lambda state: [peer["id"] for peer in state["peers"]] == ["alice"])


async def test_only_relays_are_used_and_told(visit: Open, server: ServerProcess) -> None:
    alice = await visit("alice")
    await alice.page.evaluate(WATCH)
    room = await alice.create()
    bob = await visit("bob")
    await bob.page.evaluate(WATCH)
    sent: list[str] = []
    for visitor in (alice, bob):
        visitor.page.on("request", lambda request: sent.append(request.post_data or ""))
    await bob.page.evaluate("(room) => window.widget.joinRoom(room)", room)
    await bob.say("through the relay")
    await alice.sees("through the relay")
    assert await pairs(alice) == [("relay", "relay")]
    assert await pairs(bob) == [("relay", "relay")]
    answers = [text for text in sent if "a=candidate" in text]
    assert answers
    for text in answers:
        lines = [line for line in text.split("\\r\\n") if line.startswith("a=candidate")]
        assert lines and all(" typ relay raddr 0.0.0.0 rport 0" in line for line in lines)


async def test_too_many_rooms_are_said_with_the_wait(visit: Open) -> None:
    alice = await visit("alice")
    limit = SPEC.operation("createRoom").budget
    assert limit is not None
    for _ in range(limit.limit):
        before = (await alice.state())["roomId"]
        await alice.page.get_by_role("button", name="Create Room", exact=True).click()
        await alice.until(
            "has another room", lambda state, before=before: state["roomId"] not in (None, before)
        )
    await alice.page.get_by_role("button", name="Create Room", exact=True).click()
    alert = alice.page.get_by_role("alert").filter(has_text="seconds")
    await alert.wait_for()
    assert "Please wait" in await alert.inner_text()


async def test_what_is_too_long_stays_in_the_box(visit: Open) -> None:
    alice = await visit("alice")
    held, posted = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await alice.page.route(f"**{SPEC.operation('sendOffer').path}", late)
    alice.page.on("requestfinished", lambda request: posted.set() if request.method == "POST" else None)
    await alice.create()
    await alice.say("ä" * 6000)
    await alice.page.get_by_role("alert").filter(has_text="too long").wait_for()
    posted.clear()
    held.set()  # the first offer goes out only now, and takes back nothing that it did not complain of
    await asyncio.wait_for(posted.wait(), LONG_S)
    await asyncio.sleep(0.3)
    assert "too long" in await alice.alert()
    assert await alice.page.get_by_role("textbox", name="Message").input_value() == "ä" * 6000
    await alice.say("short")
    await alice.sees("short")
    assert await alice.alert() == ""


async def test_the_turn_server_dies_and_comes_back(visit: Open, turn: TurnServer) -> None:
    alice = await visit("alice")
    room = await alice.create()
    bob = await visit("bob", room=room)
    await bob.in_chat()
    await bob.say("before")
    await alice.sees("before")
    turn.kill()
    try:
        await bob.until("notices the loss", lambda state: state["phase"] == "reconnecting")
        await alice.say("from alice, meanwhile")
        await bob.say("from bob, meanwhile")
    finally:
        turn.restart()
    everything = {"before", "from alice, meanwhile", "from bob, meanwhile"}
    await alice.has(everything)
    await bob.has(everything)
    await bob.say("after")
    await alice.has(everything | {"after"})
    assert (await bob.state())["roomId"] == room
    assert (await bob.state())["phase"] == "chat"


async def test_the_signaling_server_loses_everything(visit: Open, server: ServerProcess) -> None:
    alice = await visit("alice")
    room = await alice.create()
    bob = await visit("bob", room=room)
    await bob.in_chat()
    assert server.reset().status == 200  # as a restart does: every room is gone
    await alice.until("makes a new room", lambda state: state["roomId"] not in (None, room))
    new = (await alice.state())["roomId"]
    await bob.until("follows", lambda state: state["roomId"] == new)
    await bob.say("we go on")
    await alice.sees("we go on")
    assert (await bob.state())["phase"] == "chat"
    carol = await visit("carol", room=str(new))
    await carol.in_chat()
    await carol.sees("we go on")


async def test_a_reload_brings_one_back(visit: Open) -> None:
    alice = await visit("alice")
    room = await alice.create()
    bob = await visit("bob", room=room)
    await bob.in_chat()
    await bob.say("one")
    await alice.say("two")
    await bob.has({"one", "two"})
    await bob.page.reload()
    await bob.page.locator(".chat-client").wait_for()
    await bob.in_chat()
    await bob.has({"one", "two"})
    await bob.say("three")
    await alice.has({"one", "two", "three"})
    await bob.has({"one", "two", "three"})


async def test_without_a_token_the_page_says_what_to_do(browser: Browser, server: ServerProcess) -> None:
    page = await browser.new_page()
    await page.goto(server.url)
    assert "#token=" in await page.get_by_role("main").inner_text()
    await page.close()
