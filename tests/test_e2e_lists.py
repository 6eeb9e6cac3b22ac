"""How the harness reads lists, stores and the focus of pages of other hands, in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import pytest_asyncio
from browser_kit import needs_chromium
from e2e_kit import html, pages
from playwright.async_api import Browser, Locator, Page

from e2e.browser import listing
from e2e.browser.axe import grave_findings
from e2e.browser.elements import Elements
from e2e.browser.emoji import IMAGE, TEXT, shown_as
from e2e.browser.keyboard import Keyboard
from e2e.browser.listing import texts_of, together
from e2e.browser.long_list import marks_in_document
from e2e.browser.stored import stored
from e2e.browser.widget import Widget
from protocol.marks import mark
from protocol.spec import load

in_browser = pytest.mark.asyncio(loop_scope="module")


def view(*texts: str, top: float = 0) -> list[tuple[str, float]]:
    return [(text, top + 20 * number) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("views", "whole", "found"),
    [
        ([], True, ""),
        ([view(*"abc")], True, "abc"),
        ([view(*"abc"), view(*"bcd", top=20), view(*"d", top=60)], True, "abcd"),
        ([view(*"aaa"), view(*"aaa", top=20)], True, "aaaa"),
        ([view(*"aaa"), view(*"aaa", top=0)], True, "aaa"),
        ([view(*"aaa"), view(*"aaa", top=23)], True, "aaaa"),
        ([view(*"ab"), view(*"de", top=80)], False, "abde"),
        ([view(*"ab"), [], view(*"bc", top=20)], True, "abc"),
    ],
)
def test_looks_are_put_together(views: Any, whole: bool, found: str) -> None:
    assert together(views) == (whole, together(views)[1])
    assert "".join(text for text, _ in together(views)[1]) == found


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    made = await browser.new_page()
    await made.add_init_script("window.__parley = {}")
    await made.goto("about:blank")
    yield made
    await made.close()


async def do(step: Awaitable[Any]) -> Any:
    return await step


def widget_of(page: Page) -> Widget:
    """As much of a widget as is looked at here."""

    async def step(what: str, doing: Awaitable[Any], within_s: float) -> Any:
        return await doing

    known = {"createRoom": "#create", "compose": "textarea", "widget": "body", "message": ".m"}
    found = SimpleNamespace(
        page=page,
        do=step,
        evaluate=page.evaluate,
        find=lambda name: page.locator(known[name]),
        elements=Elements(load(), {}),
    )
    return cast("Widget", found)


MANY = [f"hi {number // 3}" for number in range(60)]  # each text three times
PLAIN = "list.innerHTML = texts.map((text) => `<p class=m>${text}</p>`).join('')"
# A list that keeps three screens in the document, its elements are used again, and stand in no order.
RECYCLING = """
  const HEIGHT = 30;
  const made = () => Object.assign(document.createElement("p"), { className: "m" });
  const pool = Array.from({ length: 24 }, made);
  const room = list.appendChild(document.createElement("div"));
  room.style.cssText = `position: relative; height: ${HEIGHT * texts.length}px`;
  room.append(...pool);
  const draw = () => {
    const first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - 6);
    pool.forEach((one, slot) => {
      const index = first + ((slot - first) % 24 + 24) % 24;
      one.hidden = index >= texts.length;
      one.textContent = texts[index] ?? "";
      one.style.cssText = `position: absolute; height: 20px; margin: 0; top: ${index * HEIGHT}px`;
      if (one.hidden) one.remove(); else room.append(one);
    });
  };
  list.addEventListener("scroll", () => requestAnimationFrame(draw));
  list.scrollTop = 1e9;
  draw();
"""
# Newest below, at the place where it begins; as many chats are.
REVERSED = """
  list.style.cssText += "; display: flex; flex-direction: column-reverse";
  list.innerHTML = [...texts].reverse().map((text) => `<p class=m>${text}</p>`).join("");
"""
# What is older is loaded when its top is reached.
LAZY = """
  let loaded = 20;
  const draw = () => {
    const before = list.scrollHeight;
    list.innerHTML = texts.slice(-loaded).map((text) => `<p class=m>${text}</p>`).join("");
    list.scrollTop += list.scrollHeight - before;
  };
  list.addEventListener("scroll", () => {
    if (list.scrollTop > 0 || loaded >= texts.length) return;
    loaded += 20;
    draw();
  });
  draw();
  list.scrollTop = 1e9;
"""
# As LAZY, but what is older comes from a database some time later.
SLOWLY = """
  let loaded = 50, busy = false;
  const draw = () => {
    const before = list.scrollHeight;
    list.innerHTML = texts.slice(-loaded).map((text) => `<p class=m>${text}</p>`).join("");
    list.scrollTop += list.scrollHeight - before;
  };
  list.addEventListener("scroll", () => {
    if (list.scrollTop > 40 || loaded >= texts.length || busy) return;
    busy = true;
    setTimeout(() => { busy = false; loaded += 50; draw(); }, LATE);
  });
  draw();
  list.scrollTop = 1e9;
"""
# What is in view is drawn once the scrolling has ended.
BELATED = """
  const HEIGHT = 30;
  const room = list.appendChild(document.createElement("div"));
  room.style.cssText = `position: relative; height: ${HEIGHT * texts.length}px`;
  const draw = () => {
    const first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - 12);
    room.innerHTML = texts.slice(first, first + 38).map((text, index) => `<p class=m
      style="position: absolute; margin: 0; top: ${(first + index) * HEIGHT}px">${text}</p>`).join("");
  };
  let timer;
  list.addEventListener("scroll", () => { clearTimeout(timer); timer = setTimeout(draw, LATE); });
  list.scrollTop = 1e9;
  draw();
"""
# One that never stands still.
RESTLESS = """
  list.innerHTML = texts.map((text) => `<p class=m>${text}</p>`).join("");
  setInterval(() => { list.lastChild.style.height = `${30 + Math.random() * 300}px`; }, 20);
"""
# What scrolls is in the shadow of an element (Ionic's ion-content, say); the messages come in by its slot.
SLOTTED = """
  const HEIGHT = 30;
  list.style.cssText = "";
  const shadow = list.attachShadow({ mode: "open" });
  shadow.innerHTML = '<main style="height: 180px; overflow-y: auto"><slot></slot></main>';
  const main = shadow.firstElementChild;
  const room = list.appendChild(document.createElement("div"));
  room.style.cssText = `position: relative; height: ${HEIGHT * texts.length}px`;
  const draw = () => {
    const first = Math.max(0, Math.floor(main.scrollTop / HEIGHT) - 6);
    room.innerHTML = texts.slice(first, first + 24).map((text, index) => `<p class=m
      style="position: absolute; margin: 0; top: ${(first + index) * HEIGHT}px">${text}</p>`).join("");
  };
  main.addEventListener("scroll", () => requestAnimationFrame(draw));
  main.scrollTop = 1e9;
  draw();
"""


@needs_chromium
@in_browser
async def test_a_list_in_the_slot_of_another_element_is_read_whole(page: Page) -> None:
    texts = [f"hi {number}" for number in range(200)]
    await page.set_content("<div id=list></div>")
    await page.evaluate(f"(texts) => {{ const list = document.getElementById('list'); {SLOTTED} }}", texts)
    assert await texts_of(page.locator(".m"), do) == texts


@needs_chromium
@in_browser
@pytest.mark.parametrize("late_ms", [60, 150])
@pytest.mark.parametrize("how", [SLOWLY, BELATED], ids=["slowly", "belated"])
async def test_a_list_that_draws_late_is_read_whole(page: Page, how: str, late_ms: int) -> None:
    texts = [f"hi {number}" for number in range(120)]
    await page.set_content('<div id=list style="height: 400px; overflow-y: auto"></div>')
    script = how.replace("LATE", str(late_ms))
    await page.evaluate(f"(texts) => {{ const list = document.getElementById('list'); {script} }}", texts)
    for _ in range(2):
        assert await texts_of(page.locator(".m"), do) == texts


class Redrawing:
    """Messages of a page that draws its list anew between their being found and their being looked at."""

    def __init__(self, page: Page, times: int) -> None:
        self.page = page
        self.times = times

    async def evaluate_all(self, script: str, given: Any) -> Any:
        found = await self.page.locator(".m").element_handles()
        if self.times > 0:
            self.times -= 1
            await self.page.evaluate(
                "() => { const room = list.firstChild; room.innerHTML = room.innerHTML; }"
            )
        return await self.page.evaluate(f"([found, given]) => ({script})(found, given)", [found, given])


@needs_chromium
@in_browser
async def test_a_list_that_is_drawn_anew_as_it_is_looked_at_is_looked_at_again(page: Page) -> None:
    texts = [f"hi {number}" for number in range(60)]
    await page.set_content('<div id=list style="height: 400px; overflow-y: auto"></div>')
    await page.evaluate(f"(texts) => {{ {BELATED.replace('LATE', '60')} }}", texts)
    assert await texts_of(cast("Locator", Redrawing(page, 3)), do) == texts
    with pytest.raises(listing.Restless, match="drawn anew at each of 50 looks"):
        await texts_of(cast("Locator", Redrawing(page, 1000)), do)


@needs_chromium
@in_browser
async def test_what_comes_while_a_list_is_read_is_in_it_when_it_is_read_again(page: Page) -> None:
    """Later than it is waited for at the top."""
    texts = [f"hi {number}" for number in range(80)]
    await page.set_content('<div id=list style="height: 300px; overflow-y: auto"></div>')
    script = SLOWLY.replace("LATE", "600")
    await page.evaluate(f"(texts) => {{ const list = document.getElementById('list'); {script} }}", texts)
    assert await texts_of(page.locator(".m"), do) == texts


@needs_chromium
@in_browser
async def test_a_list_that_never_stands_still_is_not_judged(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "READING_S", 0.0)
    await page.set_content('<div id=list style="height: 180px; overflow-y: auto"></div>')
    await page.evaluate(f"(texts) => {{ const list = document.getElementById('list'); {RESTLESS} }}", MANY)
    with pytest.raises(listing.Restless, match="changed while it was read, each of 3 times"):
        await texts_of(page.locator(".m"), do)


@needs_chromium
@in_browser
@pytest.mark.parametrize(
    "how", [PLAIN, RECYCLING, REVERSED, LAZY], ids=["plain", "recycling", "reversed", "lazy"]
)
async def test_every_kind_of_list_is_read_whole(page: Page, how: str) -> None:
    await page.set_content('<div id=list style="height: 180px; overflow-y: auto"></div>')
    await page.evaluate(f"(texts) => {{ const list = document.getElementById('list'); {how} }}", MANY)
    place = "() => { const l = document.getElementById('list'); return l.scrollHeight - l.scrollTop; }"
    before = await page.evaluate(place)
    for _ in range(2):
        assert await texts_of(page.locator(".m"), do) == MANY
    if how != PLAIN:
        assert abs(await page.evaluate(place) - before) < 5, "it stands where it stood"


@needs_chromium
@in_browser
async def test_a_short_list_is_not_scrolled(page: Page) -> None:
    style = "<style>p { height: 30px; margin: 0 }</style>"
    await page.set_content(f'{style}<div id=list style="height: 99px; overflow-y: auto"></div>')
    await page.evaluate("() => { document.getElementById('list').onscroll = () => (window.moved = true); }")
    assert await texts_of(page.locator(".m"), do) == []
    fill = f"(texts) => {{ const list = document.getElementById('list'); {PLAIN} }}"
    await page.evaluate(fill, MANY[:5])
    assert await texts_of(page.locator(".m"), do) == MANY[:5]
    assert await page.evaluate("() => window.moved ?? false") is False
    await page.evaluate(
        f"(texts) => {{ const list = document.getElementById('list'); {REVERSED} }}", MANY[1:4]
    )
    assert await texts_of(page.locator(".m"), do) == MANY[1:4] == ["hi 0", "hi 0", "hi 1"]


@needs_chromium
@in_browser
async def test_what_a_page_stores_is_found_wherever_it_lies(page: Page) -> None:
    marks = [mark() for _ in range(9)]
    with pages(html("<p>a page")) as url:
        await page.goto(url)
        empty = await stored(widget_of(page))
        await page.evaluate(
            """async ([a, b, c, d, e, f, g, h, i]) => {
              const open = indexedDB.open("any");
              await new Promise((done) => {
                open.onupgradeneeded = () => open.result.createObjectStore("things");
                open.onsuccess = done;
              });
              const bytes = (text) => new TextEncoder().encode(text);
              const all = { id: [a, { [b]: new Map([["x", new Set([c])]]) }], at: new Date(), big: 5n };
              const kind = { name: "AES-GCM", length: 256 };
              const key = await crypto.subtle.generateKey(kind, false, ["encrypt"]);
              const iv = new Uint8Array(12);
              const values = [
                all, bytes(d), bytes(e).buffer, [...bytes(f)], new Blob([bytes(g)]), btoa(`..${h}`), key,
                await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes(i)),
              ];
              const change = open.result.transaction("things", "readwrite");
              const things = change.objectStore("things");
              [...values, 1].forEach((value, index) => things.put(value, `key ${index}`));
              await new Promise((done) => { change.oncomplete = done; });
            }""",
            marks,
        )
        found = await stored(widget_of(page))
    assert (empty.records, empty.size) == (0, 0)
    assert found.records == 9
    assert found.readable(marks) == marks[:-1]


@needs_chromium
@in_browser
async def test_where_the_focus_goes_and_whether_it_is_seen(page: Page) -> None:
    keys = Keyboard(widget_of(page))
    style = "<style>.plain:focus { outline: none }</style>"
    await page.set_content(
        f"{style}<a href=#x>x</a><button id=create>c</button><button class=plain>p</button>"
    )
    assert await keys.unseen() == (3, ['<button class="plain"></button>'])
    # Below the window, beside a clock, and where nothing is written.
    bare = "<style>* { outline: none !important }</style><p id=clock></p><div style='height: 3000px'></div>"
    clock = "<script>setInterval(() => { clock.textContent = performance.now(); }, 5)</script>"
    await page.set_content(f"{bare}<button>a</button><input type=checkbox>")
    assert [tag[:7] for tag in (await keys.unseen())[1]] == ["<button", "<input "]
    await page.set_content(f"{bare.replace('3000', '30')}{clock}<button>a</button>")
    assert [tag[:7] for tag in (await keys.unseen())[1]] == ["<button"]
    await page.set_content(f"{clock}<p id=clock></p><p>below</p><button>a</button>")
    assert await keys.unseen() == (1, [])
    # It moves away while it is looked at, as it does where something is written above it.
    moved = "onblur='above.style.height = \"200px\"'"
    await page.set_content(f"{clock}<p id=clock>0</p><p id=above></p><button {moved}>a</button>")
    assert await keys.unseen() == (1, [])
    await page.set_content("<button id=create>c</button><textarea></textarea><div onclick=''>d</div>")
    assert await keys.goes_to("createRoom")
    assert await keys.goes_to("compose")
    assert (await keys.focus()).writes
    assert (await keys.trapped("Tab"), await keys.trapped("Shift+Tab")) == ("", "")
    await page.set_content("<div id=create>c</div><textarea></textarea><button>b</button>")
    assert not await keys.goes_to("createRoom")
    assert await keys.goes_to("compose")
    await page.evaluate(
        """() => {
          const text = document.querySelector("textarea");
          text.onkeydown = (event) => event.key === "Tab" && event.preventDefault();
        }"""
    )
    assert await keys.trapped("Tab") == "<textarea></textarea>"
    # A box that is shown over all and cannot be left holds two elements.
    await page.set_content("<textarea></textarea><button id=a>a</button><button id=b>b</button>")
    await page.evaluate(
        """() => {
          const [a, b] = document.querySelectorAll("button");
          b.onkeydown = (event) => { if (event.key === "Tab") { event.preventDefault(); a.focus(); } };
        }"""
    )
    assert await keys.goes_to("compose")
    assert "button" in await keys.trapped("Tab")


@needs_chromium
@in_browser
async def test_axe_and_the_document_are_read(page: Page) -> None:
    known, hidden, shadow = mark(), mark(), mark()
    await page.set_content(f"<main><p>{known}</p><p hidden>{hidden}</p><input><div id=host></div></main>")
    await page.evaluate(
        "(text) => { document.getElementById('host').attachShadow({ mode: 'open' }).append(text); }", shadow
    )
    assert await marks_in_document(widget_of(page)) == {known, hidden, shadow}
    assert await grave_findings(widget_of(page)) == ["label: input"]
    style = "@keyframes x { from { opacity: 1 } to { opacity: 0.9 } } p { animation: x 1s paused }"
    await page.set_content(f"<style>{style} a {{ animation: x 999s }}</style><main><p>p</p><a>a</a></main>")
    assert await grave_findings(widget_of(page)) == [], "what is still, or takes long, is not waited for"


DRAWN = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@needs_chromium
@in_browser
@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (f"<img src='{DRAWN}' alt=':cat:'>", IMAGE),
        (f"<img src='{DRAWN}' alt='cat'>", IMAGE),
        ("<i role=img aria-label=cat></i>", IMAGE),
        (":cat:", TEXT),
        (f"<img src='{DRAWN}' alt='cat'> :cat:", "an image, and its name as text besides"),
        (f"<img src='{DRAWN}' alt='cats'>", "no image that is called :cat: or cat, and no text"),
        (f"<img src='{DRAWN}'>", "no image that is called :cat: or cat, and no text"),
        ("cat", "no image that is called :cat: or cat, and no text"),
    ],
)
async def test_an_emoji_is_known_by_its_name(page: Page, written: str, wanted: str) -> None:
    await page.set_content(f"<p class=m>hi {written}</p>")
    assert await shown_as(widget_of(page), "hi", "cat") == wanted
