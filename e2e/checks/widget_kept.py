"""widget: what the browser keeps of a chat (WID-9).

A widget lays its records out as it likes, so what is stored is judged by its size and by what can be read in
it, and what is kept by what comes back when the room is entered again. The broadcaster, a peer of ours, tells
no history, so that nothing comes back from elsewhere. Where nothing is shown again a check is inconclusive.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle

from e2e.browser.growth import Limits, beyond_bound, when_old
from e2e.browser.stored import Stored, stored
from e2e.browser.widget import Widget
from e2e.peer import Peer
from e2e.registry import check
from e2e.waiting import PATIENCE_S, among, eventually
from protocol import sync
from protocol.marks import mark
from protocol.spec import Json, Spec
from suite.expectations import CheckFailed, Inconclusive, expect, given_that

LONG = 2000  # characters of a message, random ones: a size that tells, and does not shrink much when packed
FEW = 6
AGAIN = 3  # times that one says the same
PART = 4  # stored, packed or not, is at least this part of the characters said; what is left, less than it
TOGETHER = 100  # messages that one step on the page sends
BEYOND = 100  # messages more than a room's bound
SETTLED_S = 2.0


def long_texts(count: int = FEW) -> dict[str, str]:
    """Messages, each by the mark that it is known by."""
    return {(known := mark()): f"{known} {secrets.token_hex(LONG // 2)}" for _ in range(count)}


def of_texts(count: int) -> int:
    """How much is stored, at least, of so many long texts."""
    return count * LONG // PART


async def enter(widget: Widget, peer: Peer) -> Stored:
    """The widget joins a room of the peer, which tells no history. What it stores by then."""

    def nothing(request: Json) -> list[Json]:
        return sync.answers(peer.spec, request["chainId"], (), peer.author)

    room = await peer.create_room()
    peer.answer_by(nothing)
    await widget.join(room)
    return await stored(widget)


async def come_again(widget: Widget, peer: Peer, after_s: float = 0) -> None:
    """The page is left, time passes, and it is visited again and the room entered."""
    await widget.leave_page()
    if after_s:
        await widget.pass_time(after_s)
    await widget.visit()
    if await widget.room_id() != peer.room:  # a page may go back to its room by itself
        await widget.join(peer.room)


async def grown(widget: Widget, before: Stored, count: int = FEW) -> Stored:
    """What is stored once so many long texts are, or at last: a widget may store them only when its page is
    left.
    """
    least = before.size + of_texts(count)
    return await eventually(lambda: stored(widget), lambda now: now.size >= least)


async def kept(widget: Widget, before: Stored, when: str, count: int = FEW) -> Stored:
    """What is stored of so many long texts on a later visit: they have to be."""
    found = await grown(widget, before, count)
    least = before.size + of_texts(count)
    expect(found.size, f"how much is stored {when}, in characters and bytes").at_least(least)
    return found


async def shown_again(widget: Widget, texts: list[str]) -> list[str]:
    """Which of the texts are shown at last."""
    seen = await eventually(widget.messages, lambda shown: len(among(shown, texts)) >= len(texts))
    return among(seen, texts)


@check("WID-9", takes_s=14)
async def what_is_stored_is_sealed(widget: Widget, peer: Peer) -> None:
    before = await enter(widget, peer)
    texts: dict[str, str] = {}

    async def said(new: dict[str, str], *who: Widget | Peer) -> Stored:
        """What is stored when these are said by turns, and it is visited again."""
        texts.update(new)
        for (known, text), speaker in zip(new.items(), cycle(who), strict=False):
            await speaker.say(text)
            given_that(await shown_again(widget, [known]), "what is shown of a message").equals([known])
        found = await grown(widget, before, len(texts))
        expect(found.readable(texts), "the messages that can be read in what is stored").equals([])
        await come_again(widget, peer)
        found = await kept(widget, before, "of messages on a later visit", len(texts))
        given_that(sorted(await shown_again(widget, list(texts))), "what comes back").equals(sorted(texts))
        about = "the messages that can be read in it on a later visit"
        expect(found.readable(texts), about).equals([])
        return found

    first = await said(long_texts(AGAIN), widget, peer)
    once = await said(long_texts(AGAIN), widget)
    again = secrets.token_hex(LONG // 2)
    alike = await said({known: f"{known} {again}" for known in [mark() for _ in range(AGAIN)]}, widget)
    # Under a cipher or a start of it (IV) that is always the same, what is said again looks the same. What is
    # sealed once may be stored more often: as often as that of texts that are said once.
    most = (AGAIN - 1) * max(1, once.recurring(first))
    about = f"how often the same stands in what is stored of a text said {AGAIN} times"
    expect(alike.recurring(once), about).at_most(most)


@contextmanager
def by_the_pages_clock(widget: Widget) -> Iterator[None]:
    """Accuses nobody whose page has workers: their clock cannot be moved, and they may tell the time."""
    try:
        yield
    except CheckFailed as error:
        count = len(widget.page.workers) + len(widget.page.context.service_workers)
        if count == 0:
            raise
        workers = f"the page has {count} workers, whose clock cannot be moved, and may go by it"
        raise Inconclusive(f"{workers}: {error}") from None


def tells(size: int, limits: Limits, about: str) -> None:
    """Judges a size. Raises Inconclusive where other things that the page stores may be what it is."""
    if not limits.tell(size):
        wrong = f"more than {limits.wrong:g}" if limits.wrong < math.inf else "nothing"
        raise Inconclusive(
            f"{about}, in characters and bytes: got {size}; up to {limits.right} would be right, {wrong} "
            "surely wrong: the page stores other things besides, or what it stores changes by itself"
        )
    expect(size, f"{about}, in characters and bytes").at_most(limits.right)


@check("WID-9", takes_s=14)
async def what_is_too_old_is_removed(widget: Widget, peer: Peer, spec: Spec) -> None:
    bounds = spec.page["history"]
    age_s, margin_s = bounds["days"] * 86_400, bounds["judged_minutes"] * 60
    # In the past, so that at last it is now: a page may look at the expiry of the token that it is given.
    await widget.go_back_in_time(age_s + 2 * margin_s)
    before = await enter(widget, peer)
    texts = long_texts()
    for text in texts.values():
        await widget.say(text)
    await grown(widget, before)

    async def again(after_s: float, when: str) -> int:
        """How much is stored after a visit, at which they have to come back."""
        await come_again(widget, peer, after_s)
        await kept(widget, before, when)
        back = await shown_again(widget, list(texts))
        given_that(back, f"what comes back {when}").equals(list(texts))
        return (await stored(widget)).size

    with by_the_pages_clock(widget):
        first = await again(margin_s, "on a later visit")
        shortly = await again(age_s - 2 * margin_s, "shortly before it is too old")
        await come_again(widget, peer, 2 * margin_s)
        await widget.pass_time(margin_s)  # a page may look for what is old by turns
        limits = when_old(before.size, first, shortly, of_texts(FEW))
        found = await eventually(lambda: stored(widget), lambda now: now.size <= limits.right)
        days = bounds["days"]
        shown = among(await widget.messages(), list(texts))
        tells(found.size, limits, f"how much is stored of messages of more than {days} days")
        expect(shown, f"what is shown of more than {days} days").equals([])


@check("WID-9", takes_s=42, limit_s=150)
async def of_a_room_no_more_than_its_bound_are_kept(widget: Widget, peer: Peer, spec: Spec) -> None:
    bounds = spec.page["history"]
    most, margin_s = bounds["messages_per_room"], bounds["judged_minutes"] * 60
    await widget.go_back_in_time(margin_s)
    before = await enter(widget, peer)
    texts = [f"{mark()} {number:05}" for number in range(most + BEYOND)]
    sizes = []
    for part in (texts[: most - BEYOND], texts[most - BEYOND : most], texts[most:]):
        for start in range(0, len(part), TOGETHER):
            await widget.send_all(part[start : start + TOGETHER])
        given_that(await arrived(peer, part[-1]), "whether the last message arrived").equals(True)
        await settled(widget)
        await come_again(widget, peer)
        await widget.comes(part[-1], PATIENCE_S)
        sizes.append((await settled(widget)).size)
    with by_the_pages_clock(widget):
        await widget.pass_time(margin_s)  # a page may look for what is too many by turns
        size = (await settled(widget)).size
        seen = [texts.index(text) for text in among(await widget.messages(), texts)]
        given_that(len(seen), "how many come back").at_least(1)
        newest = range(len(texts) - len(seen), len(texts))
        expect(spans(seen), f"the numbers of those that come back, of {len(texts)}").equals(spans(newest))
        expect(len(seen), "how many come back").at_most(most)
        expect(size - before.size, f"how much is stored of {len(texts)} messages").at_least(most)
        # Whoever only hides what is beyond the bound stores as much of it as of as many below it.
        least = sum(map(len, texts[most:])) // 2
        limits = beyond_bound((before.size, sizes[0], sizes[1]), (most - BEYOND, BEYOND), least)
        tells(size - sizes[1], limits, f"how much more is stored of {len(texts)} messages than of {most}")


async def arrived(peer: Peer, text: str) -> bool:
    """Whether the peer is shown this at last."""
    return bool(among(await eventually(peer.messages, lambda shown: bool(among(shown, [text]))), [text]))


def spans(numbers: Iterable[int]) -> str:
    """Numbers in short: 3-7, 9-9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}-{last}" for first, last in runs)


async def settled(widget: Widget) -> Stored:
    """What is stored once nothing was added for a while: a widget may wait until it has some to store."""
    last, since = await stored(widget), time.monotonic()

    async def look() -> float:
        nonlocal last, since
        now = await stored(widget)
        if now.size != last.size:
            last, since = now, time.monotonic()
        return time.monotonic() - since

    await eventually(look, lambda still_s: still_s > SETTLED_S, 2 * PATIENCE_S)
    return last
