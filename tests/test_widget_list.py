"""The widget's list of messages by itself, in a real browser: few are in the document, no place is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from browser_kit import needs_chromium
from playwright.async_api import Browser, Page
from server_kit import SECRET, SPEC, ServerProcess

pytestmark = [
    needs_chromium,
    pytest.mark.asyncio(loop_scope="module"),
]
LONG_S = 90.0
MOST = SPEC.page["long_list"]["in_document_most"]
# A list as high as that of a chat, with messages of many heights.
MAKE = """async () => {
  const { Log } = await import("/widget/log.js");
  const log = (window.log = new Log());
  const root = document.createElement("div");
  root.className = "chat-widget";
  root.style.cssText = "width: 600px; height: 500px";
  root.append(log.element, log.newest, log.live);
  document.body.replaceChildren(root);
  window.entry = (number, edits = {}) => ({
    id: `m${number}`, senderId: `user${number % 3}`, name: `User ${number % 3}`, at: 1e12 + number * 1000,
    text: `message ${number}${" and more".repeat(Math.abs(number * 7) % 50)}`,
    own: false, state: "sent", ...edits,
  });
  window.entries = Array.from({ length: 1000 }, (_, number) => entry(number));
  log.update(entries);
}"""
# What a reader sees: the first message in view, where it stands, and how all stands.
LOOK = """() => {
  const list = log.element;
  const edge = list.getBoundingClientRect().top;
  const shown = [...list.querySelectorAll(".chat-item")];
  const first = shown.find((item) => item.getBoundingClientRect().bottom > edge);
  return {
    count: shown.length, first: first.dataset.id, at: Math.round(first.getBoundingClientRect().top - edge),
    place: [shown[0].getAttribute("aria-posinset"), shown[0].getAttribute("aria-setsize")],
    left: Math.round(list.scrollHeight - list.scrollTop - list.clientHeight), newest: !log.newest.hidden,
    told: [...log.live.children].map((one) => one.textContent),
  };
}"""
# Where each message stands that is in the document; how far the first that still is has moved since.
STANDS = """() => [...log.element.querySelectorAll(".chat-item")].map(
  (item) => [item.dataset.id, item.getBoundingClientRect().top])"""
MOVED = """(before) => {
  for (const [id, top] of before) {
    const item = log.element.querySelector(`[data-id="${id}"]`);
    if (item) return 10 * Math.round((item.getBoundingClientRect().top - top) / 10); // pixels have parts
  }
  return "nothing is left";
}"""
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    config: dict[str, dict[str, Any]] = {"auth": {"hs256_secret": SECRET}}
    with ServerProcess(tmp_path_factory.mktemp("list"), config) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(browser: Browser, server: ServerProcess) -> AsyncIterator[Page]:
    made = await browser.new_page()
    await made.goto(server.url)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def fresh(page: Page) -> None:
    await page.evaluate(MAKE)
    await page.evaluate(FRAME)


async def does(page: Page, script: str) -> dict[str, Any]:
    """Does this, and what a reader sees then."""
    await page.evaluate(f"() => {{ {script} }}")
    await page.evaluate(FRAME)
    found = await page.evaluate(LOOK)
    assert isinstance(found, dict)
    assert 0 < found["count"] < MOST / 4
    return found


async def until(page: Page, script: str, given: Any = None, wanted: Any = True) -> None:
    """Waits for it; the page's policy lets no predicate be evaluated inside it."""
    deadline = asyncio.get_running_loop().time() + LONG_S
    while (found := await page.evaluate(script, given)) != wanted:
        assert asyncio.get_running_loop().time() < deadline, f"{script}: {found}"
        await asyncio.sleep(0.05)


async def test_who_is_at_the_end_stays_there(page: Page) -> None:
    seen = await does(page, "")
    assert (seen["left"], seen["newest"]) == (0, False)
    assert seen["place"][1] == "1000"
    seen = await does(page, "entries.push(entry(1000)); log.update(entries);")
    assert (seen["left"], seen["newest"]) == (0, False)
    assert seen["told"] == [await page.evaluate("() => `User 1: ${entries.at(-1).text}`")]
    seen = await does(
        page, "for (let n = 1001; n < 1011; n += 1) entries.push(entry(n)); log.update(entries);"
    )
    assert (seen["left"], seen["told"]) == (0, ["10 new messages"])


async def test_who_reads_what_is_older_keeps_their_place(page: Page) -> None:
    before = await does(page, "log.element.scrollTop = log.element.scrollHeight / 2;")
    older = "for (let n = 1; n < 31; n += 1) entries.unshift(entry(-n, { past: true })); log.update(entries);"
    for script in (older, "entries.push(entry(1000)); log.update(entries);"):
        seen = await does(page, script)
        assert (seen["first"], seen["at"]) == (before["first"], before["at"])
    assert seen["newest"], "it is told by a button"
    assert int(seen["place"][0]) > 30
    narrow = await does(page, "log.element.parentNode.style.width = '320px';")
    assert narrow["first"] == before["first"]
    seen = await does(page, "log.newest.click();")
    assert (seen["left"], seen["newest"]) == (0, False)
    assert await page.evaluate("() => document.activeElement === log.element")
    await does(page, "log.element.scrollTop = 0;")
    mine = await does(page, "entries.push(entry(1001, { own: true })); log.update(entries);")
    assert (mine["left"], mine["told"]) == (0, seen["told"]), "who says something wants to see it"


async def test_the_keyboard_scrolls_from_one_end_to_the_other(page: Page) -> None:
    await page.locator(".chat-log").focus()
    await page.keyboard.press("Home")
    await until(page, "() => log.element.scrollTop === 0")
    assert (await does(page, ""))["place"][0] == "1"
    await page.keyboard.press("End")
    await until(page, "() => log.element.scrollHeight - log.element.scrollTop < 600")
    # Up through what was never measured, as a wheel goes: what is in view moves by as much, no more.
    seen = await page.evaluate(STANDS)
    await page.mouse.move(300, 200)
    for _ in range(8):
        await page.mouse.wheel(0, -200)
        await until(page, MOVED, seen, 200)
        seen = await page.evaluate(STANDS)
    await page.evaluate("() => { log.clear(); log.update(entries.slice(0, 200)); }")
    await page.keyboard.press("Home")
    await until(page, "() => log.element.scrollTop === 0")
    read: set[str] = set()
    for _ in range(200):
        await page.evaluate("() => { log.element.scrollTop += 400; }")
        await page.evaluate(FRAME)
        texts = ".map((item) => item.dataset.id)"
        read |= set(await page.evaluate(f"() => [...log.element.querySelectorAll('.chat-item')]{texts}"))
        if (await page.evaluate(LOOK))["left"] == 0:
            break
    assert len(read) == 200
    await page.keyboard.press("Home")
    await until(page, "() => log.element.scrollTop === 0")
    await page.keyboard.press("End")
    await until(page, "() => log.element.scrollHeight - log.element.scrollTop < 600")
    assert (await does(page, ""))["place"][1] == "200"


async def test_what_is_selected_is_copied_whole(page: Page) -> None:
    await page.evaluate("() => { getSelection().selectAllChildren(log.element); }")
    copied = """() => new Promise((done) => {
      const take = ({ clipboardData }) => done(clipboardData.getData("text/plain"));
      document.addEventListener("copy", take, { once: true });
      document.execCommand("copy");
    })"""
    lines = (await page.evaluate(copied)).split("\n")
    assert len(lines) == 1000
    assert lines[0] == "User 0: message 0"
    # A selection that begins in a message which goes out of view is still there.
    await does(page, "getSelection().removeAllRanges(); log.element.scrollTop = 0;")
    await page.evaluate(
        """() => {
          const [first] = log.element.querySelectorAll(".chat-message");
          getSelection().setBaseAndExtent(first.firstChild, 0, first.firstChild, 7);
        }"""
    )
    await page.evaluate("() => { log.element.scrollTop = 3000; }")
    await page.evaluate(FRAME)
    assert await page.evaluate("() => String(getSelection())") == "message"
