"""A long list on the page: how much of it is in the document, and how evenly it is drawn while it scrolls."""

from __future__ import annotations

from typing import Any

from e2e.browser.widget import OPEN_S, STEP_S, Widget
from protocol.marks import PATTERN

# Shadow trees too: a message in one is in the document as well.
MARKS = """([pattern]) => {
  const found = new Set();
  const walk = (root) => {
    for (const text of root.textContent.match(new RegExp(pattern, "g")) ?? []) found.add(text);
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) walk(one.shadowRoot);
  };
  walk(document.body);
  return [...found];
}"""
# The box is the one that list.js scrolled when the messages were read.
SCROLLED = """async ([step, most]) => {
  const box = __parley.box;
  if (!box) return [];
  const times = [];
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  box.scrollTo({ top: 1e9, behavior: "instant" });
  let last = await frame();
  for (let before = Infinity; box.scrollTop < before && times.length < most;) {
    before = box.scrollTop;
    box.scrollTo({ top: before - step, behavior: "instant" });
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  box.scrollTo({ top: 1e9, behavior: "instant" });
  return times;
}"""


async def marks_in_document(widget: Widget) -> set[str]:
    """The marks that are anywhere in the text of the document, in view or not. Raises PageError."""
    return set(await widget.evaluate(MARKS, [PATTERN.pattern.decode("ascii")]))


async def frame_times(widget: Widget, step_px: int, most: int) -> list[float]:
    """Milliseconds between frames while the list is scrolled up from its end, so far in each of so many."""
    step: Any = widget.page.evaluate(SCROLLED, [step_px, most])
    return [float(one) for one in await widget.do("the list scrolls", step, OPEN_S + STEP_S)]
