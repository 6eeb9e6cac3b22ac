"""peer: what a client does when its connection is lost, and how much a channel carries (PEER-14, PEER-15)."""

from __future__ import annotations

import asyncio
import time

from e2e.checks.peer import LATE_S, meet, shows
from e2e.peer import Chatter, Peer
from e2e.registry import check
from e2e.waiting import PATIENCE_S, among, eventually
from protocol.backoff import Schedule
from protocol.marks import mark
from protocol.spec import Spec
from suite.expectations import expect, given_that

EARLY_S = 0.1  # that a timer may be early, and clocks differ
LOOK_S = 0.05
PAGE_S = 0.2  # between two looks at many messages: reading a page takes a while, and it may scroll away
QUIET_S = 60.0  # without a sign of a try they are taken to be over


@check("PEER-14", takes_s=6)
async def it_comes_back_on_schedule_with_nothing_lost(subject: Chatter, peer: Peer, spec: Spec) -> None:
    policy = spec.asyncapi["x-policy"]
    await subject.join(await peer.create_room())
    mine, theirs = [mark() for _ in range(3)], [mark() for _ in range(3)]
    await peer.say(mine[0])
    await subject.say(theirs[0])
    given_that(await shows(subject, mine[0]), "what is shown before the loss").equals(mine[:1])
    given_that(await shows(peer, theirs[0]), "what arrived before the loss").equals(theirs[:1])
    peer.hold_offers()
    lost_at = time.monotonic()
    await peer.drop()
    await peer.say(mine[1])
    await subject.say(theirs[1])

    async def first_try() -> float | None:
        times = [at - lost_at for at, who in peer.knocks if who == subject.user.id and at > lost_at]
        return times[0] if times else None

    first_s = policy["reconnect_first"]
    noticed_s = policy["silence"]  # at the latest
    seen = await eventually(first_try, lambda at: at is not None, noticed_s + first_s + PATIENCE_S)
    given_that(seen is not None, "whether it was seen to try").equals(True)
    latest = noticed_s + first_s + LATE_S
    expect(seen, "the seconds from the loss to its first try").between(first_s - EARLY_S, latest)
    peer.serve_offers()

    async def is_back() -> bool:
        return bool(peer.links)

    given_that(await eventually(is_back, bool, 2 * PATIENCE_S), "whether its channel is open again").equals(
        True
    )
    await peer.say(mine[2])
    await subject.say(theirs[2])
    await shows(subject, *mine)
    await shows(peer, *theirs)
    expect(among(await subject.messages(), mine), "what is shown: before, during, after").equals(mine)
    expect(among(await peer.messages(), theirs), "what arrived: before, during, after").equals(theirs)


@check("PEER-14", nightly=True, limit_s=900)
async def it_gives_up_after_its_tries(subject: Chatter, peer: Peer, spec: Spec) -> None:
    """Nobody answers. A try may knock several times, so it is knocks that are counted."""
    schedule = Schedule.of(spec)
    await subject.join(await peer.create_room())
    peer.hold_offers()
    lost_at = time.monotonic()
    await peer.drop()

    async def knocks() -> list[float]:
        return [at - lost_at for at, who in peer.knocks if who == subject.user.id and at > lost_at]

    patience = spec.timings["poll_timeout"]
    over = spec.asyncapi["x-policy"]["silence"] + sum(schedule.pauses()) + schedule.tries * patience
    while time.monotonic() - lost_at < over + QUIET_S:
        seen = await knocks()
        if time.monotonic() - lost_at - (seen[-1] if seen else 0.0) > QUIET_S + schedule.longest:
            break
        await asyncio.sleep(LOOK_S)
    seen = await knocks()
    given_that(len(seen), "how often it knocked").at_least(1)
    each = spec.limits["knocks"]
    many = [at for count, at in enumerate(seen, 1) if count > each * schedule.most_tries(at + EARLY_S)]
    expect(many[:3], f"the seconds at which there were more than {each} knocks a try").equals([])
    expect(seen[-1], "the seconds from the loss to its last knock").at_most(over + LATE_S)


@check("PEER-15", takes_s=13)
async def a_channel_carries_many_messages(subject: Chatter, peer: Peer, spec: Spec) -> None:
    carried = spec.asyncapi["x-policy"]["carried"]
    await meet(subject, peer)
    count = carried["per_second"] * carried["seconds"]
    word = mark()
    texts = [f"{word}-{number:06d}" for number in range(count)]
    found: dict[str, None] = {}  # a client may have only the last ones on its page

    async def look() -> int:
        for line in await subject.messages():
            at = line.find(word)
            if at >= 0:
                found[line[at : at + len(texts[0])]] = None
        return len(found)

    started = looked = time.monotonic()
    sent = 0
    while sent < count:
        due = min(count, int((time.monotonic() - started) * carried["per_second"]) + 1)
        for text in texts[sent:due]:
            await peer.say(text)
        sent = due
        await asyncio.sleep(LOOK_S)
        if time.monotonic() > looked + PAGE_S:
            await look()
            looked = time.monotonic()
    # Late is not lost: a busy machine may need longer than they were sent for.
    await eventually(look, lambda shown: shown >= count, after_change=True)
    missing = [text for text in texts if text not in found]
    expect(len(missing), f"how many of {count} messages in {carried['seconds']} s were lost").equals(0)
