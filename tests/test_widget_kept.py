"""What the widget keeps on the device, in a real browser: of whom, in which tabs, and without space."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from axe_playwright_python.base import AXE_SCRIPT
from browser_kit import HOLD, needs_chromium
from playwright.async_api import Browser, BrowserContext, Page, expect
from server_kit import SECRET, SPEC, ServerProcess

from e2e.browser.axe import GRAVE, RUN
from e2e.checks.widget_usable import SCHEMES
from protocol import tokens

pytestmark = [
    needs_chromium,
    pytest.mark.asyncio(loop_scope="module"),
]
LONG_S = 90.0
# Tells the peers of a page that its room is another one now.
TELL = """(() => {
  const { send } = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (text) {
    const frame = JSON.parse(text);
    if (frame.type === "message") {
      const { encryptedData, ...plain } = { ...frame, type: "system", id: frame.id + "s", encrypted: false };
      window.tell = (content) => send.call(this, JSON.stringify({ ...plain, content }));
    }
    return send.call(this, text);
  };
})()"""
# In which a second press means it, in the page: a busy machine may be later with it.
SURE = """(() => {
  const real = window.setTimeout;
  window.setTimeout = (act, ms, ...given) => real(act, ms === 6000 ? 600000 : ms, ...given);
})()"""
RECORDS = """async () => {
  const wait = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
  const database = await wait(indexedDB.open("parley-chat-history"));
  const all = (name) => wait(database.transaction(name).objectStore(name).getAll());
  const messages = (await all("messages")).map(({ owner, room, at }) => ({ owner, room, at }));
  const keys = (await all("keys")).map(({ owner, key }) => ({ owner, open: key.extractable }));
  database.close();
  return { messages, keys };
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    config: dict[str, dict[str, Any]] = {"auth": {"hs256_secret": SECRET}, "test_control": {"enabled": True}}
    with ServerProcess(tmp_path_factory.mktemp("kept"), config) as running:
        yield running


def token_of(user: str) -> str:
    claims = tokens.claims(SPEC, user, displayName=user.title(), lifetime=3600)
    return tokens.SecretSigner(SECRET.encode()).sign(claims)


def rooms_of(owner: str, records: dict[str, Any]) -> list[str]:
    return [record["room"] for record in records["messages"] if record["owner"] == owner]


def read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


class Tab:
    """A page of one user; nobody else has to be there for something to be kept."""

    def __init__(self, page: Page, server: ServerProcess, user: str) -> None:
        self.page, self.server, self.user = page, server, user
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def open(self, room: str | None = None) -> None:
        await self.page.add_init_script(HOLD)
        fragment = {"token": token_of(self.user), **({"room": room} if room else {})}
        await self.page.goto(f"{self.server.url}/#{urlencode(fragment)}")
        await self.page.locator(".chat-client").wait_for()

    async def room(self) -> str:
        """A new room, in which somebody stays behind when the page goes."""
        before = await self.page.evaluate("() => window.widget.getRoomId()")
        await self.page.get_by_role("button", name="Create Room", exact=True).click()
        found = await self.until("() => window.widget.getRoomId()", lambda room: room not in (None, before))
        joined = await self.page.evaluate(
            """async ([path, roomId, token]) => (await fetch(path, {
              method: "POST", body: JSON.stringify({ roomId }),
              headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
            })).status""",
            [SPEC.operation("joinRoom").path, found, token_of("stays")],
        )
        assert joined == 200
        return str(found)

    async def say(self, *texts: str) -> None:
        for text in texts:
            assert await self.page.evaluate("(text) => window.widget.sendMessage(text)", text)

    async def shown(self) -> list[str]:
        state = await self.page.evaluate("() => window.widget.getState()")
        return [message["text"] for message in state["messages"]]

    async def kept(self, count: int) -> dict[str, Any]:
        found = await self.until(RECORDS, lambda records: len(records["messages"]) == count)
        assert isinstance(found, dict)
        return found

    async def again(self) -> None:
        await self.page.reload()
        await self.page.locator(".chat-client").wait_for()
        await self.until("() => window.widget.getState().phase", lambda phase: phase == "chat")

    async def until(self, script: str, good: Any) -> Any:
        deadline = asyncio.get_running_loop().time() + LONG_S
        while not good(found := await self.page.evaluate(script)):
            assert asyncio.get_running_loop().time() < deadline, f"{script}: {found}"
            await asyncio.sleep(0.05)
        return found


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context()
    yield made
    await made.close()


async def test_two_users_of_one_browser_see_nothing_of_each_other(
    context: BrowserContext, server: ServerProcess
) -> None:
    alice = Tab(await context.new_page(), server, "alice")
    await alice.open()
    room = await alice.room()
    await alice.say("one", "two")
    found = await alice.kept(2)
    assert {record["owner"] for record in found["messages"]} == {"alice"}
    assert found["keys"] == [{"owner": "alice", "open": False}], "no script can read the key"
    await alice.again()
    await alice.until("() => window.widget.getState().messages.length", lambda count: count == 2)
    assert await alice.shown() == ["one", "two"]
    # Another tab of the same person has the same; what is said in one is kept once.
    other = Tab(await context.new_page(), server, "alice")
    await other.open(room)
    await other.until("() => window.widget.getState().messages.length", lambda count: count == 2)
    await alice.page.goto("about:blank")

    bob = Tab(await context.new_page(), server, "bob")
    await bob.open()
    mine = await bob.room()
    await bob.say("three")
    found = await bob.kept(3)
    assert sorted(record["owner"] for record in found["messages"]) == ["alice", "alice", "bob"]
    assert [one["owner"] for one in found["keys"]] == ["alice", "bob"]
    # A record is good in its place only: put under the other's name it opens for nobody.
    await bob.page.evaluate(
        """async (room) => {
          const wait = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
          const database = await wait(indexedDB.open("parley-chat-history"));
          const messages = database.transaction("messages", "readwrite").objectStore("messages");
          const all = await wait(messages.getAll());
          for (const one of all) await wait(messages.put({ ...one, owner: "bob", room }));
          database.close();
        }""",
        mine,
    )
    await bob.again()
    await bob.until("() => window.widget.getState().messages.length", lambda count: count == 1)
    assert await bob.shown() == ["three"]
    assert alice.errors + other.errors + bob.errors == []


async def test_what_the_user_wants_of_it_is_done(context: BrowserContext, server: ServerProcess) -> None:
    alice = Tab(await context.new_page(), server, "alice")
    await alice.page.add_init_script(SURE)
    await alice.open()
    first = await alice.room()
    await alice.say("<b>first</b>", "second")
    await alice.kept(2)
    second = await alice.room()
    await alice.say("third")
    await alice.kept(3)
    page = alice.page
    dialog = page.get_by_role("dialog", name="Messages on this device")
    await page.get_by_role("button", name="History", exact=True).press("Enter")
    await expect(dialog.get_by_role("status")).to_have_text("Kept now: 3 messages of 2 rooms.")
    await page.evaluate(AXE_SCRIPT)
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        found = await page.locator(".chat-widget").evaluate(RUN)
        assert [one["id"] for one in found["violations"] if one["impact"] in GRAVE] == []
    async with page.expect_download() as download:
        await dialog.get_by_role("button", name="Save as a file").press("Enter")
    told = read(await (await download.value).path())
    assert (told["format"], told["version"]) == ("parley-chat-history", 1)
    assert told["user"] == {"id": "alice", "name": "Alice"}
    texts = {room: [one["content"] for one in found] for room, found in told["rooms"].items()}
    assert texts == {first: ["<b>first</b>", "second"], second: ["third"]}

    await dialog.get_by_role("button", name="Clear this room").press("Enter")
    await expect(dialog.get_by_role("status")).to_have_text("Kept now: 2 messages of 1 room.")
    await dialog.get_by_role("button", name="Clear all").press("Enter")
    assert len((await alice.kept(2))["messages"]) == 2, "it asks first"
    await dialog.get_by_role("button", name="Clear all: are you sure?").press("Enter")
    await expect(dialog.get_by_role("status")).to_have_text("Nothing is kept now.")
    keep = dialog.get_by_role("checkbox", name="Keep messages on this device")
    await keep.press("Space")
    await expect(keep).not_to_be_checked()
    await alice.say("not kept")
    await alice.kept(0)
    await keep.press("Space")
    # What was cleared is still in view, and stays cleared.
    await expect(dialog.get_by_role("status")).to_have_text("Kept now: 1 message of 1 room.")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("button", name="History", exact=True)).to_be_focused()

    assert server.reset().status == 200  # the room goes on under another id, and so does what is kept of it
    moved = await alice.until("() => window.widget.getRoomId()", lambda room: room not in (None, second))
    await alice.until(RECORDS, lambda now: [one["room"] for one in now["messages"]] == [moved])
    assert await alice.shown() == ["third", "not kept"]
    assert alice.errors == []


async def test_a_host_cannot_put_its_messages_into_the_history_of_another_room(
    context: BrowserContext, server: ServerProcess
) -> None:
    owner, bob, mallory = [Tab(await context.new_page(), server, user) for user in ("bob", "bob", "mallory")]
    await owner.open()
    trusted = await owner.room()
    await owner.page.goto("about:blank")
    await mallory.page.add_init_script(TELL)
    await mallory.open()
    room = await mallory.room()
    await bob.open(room)
    await bob.until("() => window.widget.getState().phase", lambda phase: phase == "chat")
    await mallory.say("planted")
    await bob.until(RECORDS, lambda now: rooms_of("bob", now) == [room])
    path = SPEC.operation("joinRoom").path
    async with bob.page.expect_response(lambda answer: answer.url.endswith(path)) as joined:
        await mallory.page.evaluate("(id) => window.tell(id)", trusted)
    assert (await (await joined.value).json())["room"]["broadcasterId"] == "bob"
    # The page makes of the answer what it does after we have seen it.
    await bob.until("() => window.widget.getRoomId()", lambda now: now == trusted)
    await mallory.say("planted later")
    await bob.until(RECORDS, lambda now: rooms_of("bob", now) == [room, room])

    assert server.reset().status == 200  # the twin: the host's own new room has it all
    moved = await mallory.until("() => window.widget.getRoomId()", lambda now: now not in (None, room))
    await bob.until(RECORDS, lambda now: rooms_of("bob", now) == [moved, moved])
    assert await bob.shown() == ["planted", "planted later"]
    assert bob.errors + mallory.errors == []


async def test_without_space_the_oldest_go_and_then_it_is_said_once(
    context: BrowserContext, server: ServerProcess
) -> None:
    alice = Tab(await context.new_page(), server, "alice")
    await alice.open()
    await alice.room()
    await alice.say(*(f"early {number}" for number in range(20)))
    await alice.kept(20)
    # There is space again once something has gone.
    await alice.page.evaluate(
        """() => {
          const real = IDBObjectStore.prototype.put;
          window.refuse = 1;
          IDBObjectStore.prototype.put = function (...given) {
            if (window.refuse <= 0) return real.apply(this, given);
            window.refuse -= 1;
            throw new DOMException("full", "QuotaExceededError");
          };
        }"""
    )
    await alice.say("late")
    found = await alice.kept(19)
    assert min(record["at"] for record in found["messages"]) > 0
    await alice.page.evaluate("() => { window.refuse = Infinity; }")
    await alice.say("too late")
    status = alice.page.get_by_role("status").filter(has_text="no space left")
    await status.wait_for()
    await alice.say("the chat goes on")
    await expect(alice.page.locator(".chat-message").last).to_have_text("the chat goes on")
    await alice.page.evaluate("() => { window.refuse = 0; }")
    await alice.again()
    shown = await alice.until("() => window.widget.getState().messages", lambda messages: len(messages) > 0)
    texts = [message["text"] for message in shown]
    assert texts[-1] == "late"
    assert "early 0" not in texts
    assert "too late" not in texts
    assert alice.errors == []


async def test_where_nothing_can_be_kept_the_chat_goes_on(
    context: BrowserContext, server: ServerProcess
) -> None:
    alice = Tab(await context.new_page(), server, "alice")
    await alice.page.add_init_script(
        """Object.defineProperty(window, "indexedDB", {
          get() { throw new DOMException("denied", "SecurityError"); },
        })"""
    )
    await alice.open()
    await alice.room()
    await alice.say("hello")
    await expect(alice.page.locator(".chat-message")).to_have_text("hello")
    await alice.page.get_by_role("button", name="History", exact=True).click()
    dialog = alice.page.get_by_role("dialog", name="Messages on this device")
    await expect(dialog.get_by_role("status")).to_contain_text("keeps nothing")
    for button in ("Save as a file", "Clear this room", "Clear all"):
        await expect(dialog.get_by_role("button", name=button)).to_be_disabled()
    await dialog.get_by_role("button", name="Close").click()
    assert alice.errors == []
