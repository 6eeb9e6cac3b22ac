"""Reads all messages of a page's list, also of one that has only those in view in its document.

A short list is read as it stands. One that scrolls is scrolled through, and what was seen in each place is
put together by its texts and by where they stood. A list that draws at once is not waited for at each
step: the first steps tell. One that changed while it was read is read again.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Locator

SCRIPT = (Path(__file__).parent / "list.js").read_text(encoding="utf-8")
FEW = 15  # messages: no list leaves out some of so few, unless one sees where they are missing
STEPS = 1500  # of one reading; a page may grow under it
TRIES = 3  # a list that changes while it is read is read again
READING_S = 20.0  # a list that never stands still is given up
STILL_MS = 300  # what changed no more for so long stands still
STILL_MOST_MS = 1500
LEARNT = 3  # steps that tell how late a list draws
AT_ONCE_MS = 50  # after a scroll: some frames, of a busy machine
RESTLESS_MS = 1500  # what still changes so long after a scroll changes by itself
MOVED_PX = 1
LOOKS = 50  # at a list that is drawn anew before it is seen

View = list[tuple[str, float]]  # texts, each with its place in the list in CSS pixels
Do = Callable[[Awaitable[Any]], Awaitable[Any]]


class Restless(Exception):
    """The list never stood still, so that nobody can say what is in it."""


@dataclass(frozen=True)
class Reading:
    """What one way through a list showed, from its top to its end."""

    texts: list[str]
    whole: bool  # nothing is missing between two looks
    still: bool  # its height stayed
    stood: bool  # it stood still whenever it was looked at


async def texts_of(messages: Locator, do: Do) -> list[str]:
    """The texts of all messages in their order. `do` bounds a step on the page, and raises where it fails.
    Raises Restless.
    """

    async def step(name: str, **given: Any) -> Any:
        for _ in range(LOOKS):
            found = await do(messages.evaluate_all(SCRIPT, {"step": name, "few": FEW, **given}))
            if found is not None:
                return found
        raise Restless(f"their list was drawn anew at each of {LOOKS} looks")

    seen = await step("look")
    if seen["whole"]:
        return [text for text, _ in in_order(seen["view"])]
    reader = _Reader(step)
    before: list[str] = []
    for count in itertools.count(1):
        now = await reader.read(count)
        # One whose height changes with scrolling, again and again, is as it is read twice.
        if now.stood and ((now.whole and now.still) or now.texts == before):
            return now.texts
        if count >= TRIES and (now.still or reader.is_over()):
            break
        before = now.texts
    if now.stood and now.still:
        return now.texts
    raise Restless(f"their list changed while it was read, each of {count} times")


class _Reader:
    """Goes through a list that scrolls, as patiently as what it saw of it asks for."""

    def __init__(self, step: Callable[..., Awaitable[Any]]) -> None:
        self._step = step
        self._until = time.monotonic() + READING_S
        self._late = False  # it draws some time after a scroll
        self._gaps = False  # the reading before missed something

    def is_over(self) -> bool:
        return time.monotonic() > self._until

    async def read(self, count: int) -> Reading:
        """The `count`th reading, from 1: each waits longer for what is loaded at the top."""
        begun = await self._step("begin")
        await self._to_the_top(min(count * STILL_MS, STILL_MOST_MS))
        learn = 0 if begun["prompt"] else LEARNT
        views: list[View] = []
        heights: list[float] = []
        lates: list[float] = []
        for number in range(STEPS):
            patient = self._late or number < learn or (self._gaps and not self.is_over())
            seen = await self._step("read", still=STILL_MS if patient else 0)
            if number < learn:  # one of them may be late by chance
                lates.append(seen["late"])
                self._late = self._late or sum(one > AT_ONCE_MS for one in lates) > 1
            views.append(in_order(seen["view"]))
            heights.append(seen["height"])
            stood = seen["late"] < RESTLESS_MS
            if not seen["more"] or not stood:
                break
        whole, found = together(views)
        self._gaps = not whole
        await self._step("end", back=begun["back"], prompt=whole and stood and not self._late)
        return Reading([text for text, _ in found], whole, max(heights) - min(heights) <= MOVED_PX, stood)

    async def _to_the_top(self, still_ms: int) -> None:
        for _ in range(STEPS):
            top = await self._step("top", still=still_ms)
            if not top["more"] or self.is_over():
                return


def in_order(view: list[Any]) -> View:
    """As one reads them, from above: the document may hold the newest first and show it below."""
    return sorted(((text, top) for text, top in view), key=lambda one: one[1])


def together(views: list[View]) -> tuple[bool, View]:
    """What these looks at a list show, from its beginning to its end. A message that two looks show is one,
    and equal texts in two places are two. False where two looks have nothing in common: something is between.
    """
    found: View = []
    whole = True
    for view in views:
        common = _common(found, view)
        if common > 0 or not found:
            found = found[: len(found) - common] + view
        elif view:
            whole = False
            last = found[-1][1]
            found += [one for one in view if one[1] > last]
    return whole, found


def _common(found: View, view: View) -> int:
    """With how many of its messages a look goes on where those before it ended. Of several ways that the
    texts allow the one in which they moved least: a list that learns the heights of messages moves a little.
    """
    fitting = [
        (abs(found[-count][1] - view[0][1]), -count)
        for count in range(1, min(len(found), len(view)) + 1)
        if all(one[0] == other[0] for one, other in zip(found[-count:], view, strict=False))
    ]
    return -min(fitting)[1] if fitting else 0
