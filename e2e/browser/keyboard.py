"""The keyboard as the only means on a page: where its focus is, where Tab leads, and whether one sees it."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import FloatRect

from e2e.browser.widget import STEP_S, Widget

MOST = 150  # presses: a page with more to go through is used by nobody
LOOKS = 3  # at what is around an element, on a page that changes by itself
STUCK = 15  # presses that move no focus: a field for dates, a player or a frame has some places within
# Numbers elements as they get the focus, and knows the one in a shadow tree. 0 stands for none.
FOCUS = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  const nowhere = !one || one === document.body || one === document.documentElement;
  if (nowhere) return { number: 0, tag: "", writes: false };
  __parley.focused ??= new Map();
  if (!__parley.focused.has(one)) __parley.focused.set(one, __parley.focused.size + 1);
  const writing = ["text", "search", "email", "url", "tel", "password", "number"];
  const writes = one.matches("input") ? writing.includes(one.type)
    : one.matches("textarea, [contenteditable], [contenteditable] *");
  return { number: __parley.focused.get(one), tag: one.cloneNode(false).outerHTML.slice(0, 120), writes };
}"""
HAS_FOCUS = """(found) => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  return found.includes(one);
}"""

# What has the focus loses it, and gets it back.
LEAVE = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  __parley.left = one;
  one?.blur();
}"""
COME_BACK = "() => __parley.left?.focus({ preventScroll: true })"
# In CSS pixels, as much as lies in the window: outlines and shadows stand out a little.
AROUND = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  const box = one.getBoundingClientRect();
  const [x, y] = [Math.max(0, box.left - 8), Math.max(0, box.top - 8)];
  const [right, bottom] = [Math.min(innerWidth, box.right + 8), Math.min(innerHeight, box.bottom + 8)];
  return right - x < 1 || bottom - y < 1 ? null : { x, y, width: right - x, height: bottom - y };
}"""


@dataclass(frozen=True)
class Focus:
    """Where the focus is: `number` is the element's, 0 where it is on none. `writes`: one writes there."""

    number: int
    tag: str
    writes: bool


class Keyboard:
    """Everything raises PageError where the page does not answer."""

    def __init__(self, widget: Widget) -> None:
        self.widget = widget

    async def press(self, key: str) -> None:
        await self.widget.do(f"{key} can be pressed", self.widget.page.keyboard.press(key), STEP_S)

    async def write(self, text: str) -> None:
        await self.widget.do("a text can be typed", self.widget.page.keyboard.type(text), STEP_S)

    async def focus(self) -> Focus:
        return Focus(**await self.widget.evaluate(FOCUS))

    async def is_on(self, name: str) -> bool:
        """Is the focus on this element of page.yaml?"""
        found = self.widget.find(name).evaluate_all(HAS_FOCUS)
        return bool(await self.widget.do(f"the focus on {name} can be read", found, STEP_S))

    async def goes_to(self, name: str) -> bool:
        """Presses Tab until the focus is on this element of page.yaml; whether it gets there."""
        for _ in range(MOST):
            if await self.is_on(name):
                return True
            await self.press("Tab")
        return False

    async def trapped(self, key: str) -> str:
        """Goes on from where the focus is until it comes there again, or leaves the page; where it does
        neither, the element that it cannot leave. Empty where all is well.
        """
        start = last = await self.focus()
        still = 0
        for _ in range(MOST):
            await self.press(key)
            now = await self.focus()
            still = still + 1 if now.number == last.number else 0
            if now.number in (start.number, 0) and not still:
                return ""
            if still == STUCK:
                break
            last = now
        return last.tag or "the page"

    async def unseen(self) -> tuple[int, list[str]]:
        """Goes through the page from its beginning: how many elements get the focus, and those that look just
        like without it, nor does anything else on the page. Where one writes the text cursor is seen.
        """
        seen: list[int] = []
        found: list[str] = []
        for _ in range(MOST):
            await self.press("Tab")
            now = await self.focus()
            if seen and now.number == seen[-1]:
                continue  # another place within it
            if now.number in (0, *seen):
                break
            seen.append(now.number)
            if not now.writes and not await self._is_seen():
                found.append(now.tag)
        return len(seen), found

    async def _is_seen(self) -> bool:
        """Whether the page looks different while the focus is taken away. What looks different again after
        that changes by itself, as a clock does: then only what is around the element is looked at, again
        where that moved meanwhile. True where it never stands still: nobody can tell.
        """
        told = await self._differs(None)
        for _ in range(LOOKS):
            if told is not None:
                return told
            around = await self.widget.evaluate(AROUND)
            told = await self._differs(around)
            if around != await self.widget.evaluate(AROUND):
                told = None
        return told is not False

    async def _differs(self, clip: FloatRect | None) -> bool | None:
        """Whether this part looks different without the focus, and the same again with it; None: neither."""
        pictures = [await self._picture(clip)]
        for script in (LEAVE, COME_BACK):
            await self.widget.evaluate(script)
            pictures.append(await self._picture(clip))
        if pictures[0] == pictures[1]:
            return False
        return True if pictures[0] == pictures[2] else None

    async def _picture(self, clip: FloatRect | None) -> bytes:
        taken = self.widget.page.screenshot(animations="disabled", clip=clip)
        return await self.widget.do("the page can be seen", taken, STEP_S)
