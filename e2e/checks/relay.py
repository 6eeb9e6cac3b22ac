"""Chat through the TURN server alone: three witnesses, what the SDP tells, and how long it takes."""

from __future__ import annotations

import asyncio
import json
import statistics
from typing import Any

from e2e.browser.stats import relayed
from e2e.browser.widget import Widget
from e2e.checks.widget import shows, together
from e2e.fixtures import NewWidget
from e2e.peer import Peer
from e2e.registry import check
from e2e.run import Attempt
from e2e.turn import TurnServer
from e2e.waiting import eventually
from protocol.marks import mark
from protocol.sdp import candidates_in
from protocol.spec import Spec
from suite.expectations import expect, given_that

MESSAGES = 200  # each way
FEW = 50  # of a short run
UNSPECIFIED = ("", "0.0.0.0", "::")  # noqa: S104 - what stands for an address that is not told


@check("WID-8")
async def the_chat_is_relayed_as_three_witnesses_say(new_widget: NewWidget, turn: TurnServer) -> None:
    widget, second = [await new_widget(actor, relay_only=True) for actor in ("widget", "second")]
    await together(widget, second)
    text = mark() * 20
    await widget.say(text)
    given_that(await shows(second, text), "what is shown to the other side").equals([text])
    # The first witness: what each browser says of its own selected pair.
    for page, who in ((widget, "who made the room"), (second, "who joined")):
        pairs = [pair for stats in await page.stats() if (pair := relayed(stats)) is not None]
        given_that(len(pairs), f"how many selected pairs {who} tells of").at_least(1)
        # A candidate of the other side that came ahead of its signaling is told as peer-reflexive.
        ends = {local for local, _ in pairs} | {remote for _, remote in pairs} - {"prflx"}
        expect(sorted(ends), f"the candidates of the selected pairs of {who}").equals(["relay"])
    # The second: the signaling server never saw the message.
    for page, who in ((widget, "who sent it"), (second, "who got it")):
        told = [body for body in page.said.requests if text in body]
        expect(len(told), f"how many requests of {who} carried the message").equals(0)
    # The third: what the TURN server counted of these two, told once they have gone.
    users = {page.user.id: page.user.actor for page in (widget, second)}
    for page in (widget, second):
        await page.close()

    async def counted() -> dict[str, int]:
        found = dict.fromkeys(users.values(), 0)
        for session in turn.sessions():
            if session.user in users and session.ended:
                found[users[session.user]] += session.relayed_bytes
        return found

    carried = await eventually(counted, lambda count: min(count.values()) >= len(text))
    for who, count in carried.items():
        expect(count, f"the bytes that the TURN server counted of {who}").at_least(len(text))


@check("PRIV-5")
async def no_host_address_is_in_its_descriptions(new_widget: NewWidget) -> None:
    widget, second = [await new_widget(actor, relay_only=True) for actor in ("widget", "second")]
    await together(widget, second)
    text = mark()
    await widget.say(text)
    given_that(await shows(second, text), "what is shown to the other side").equals([text])
    for page, who in ((widget, "who made the room"), (second, "who joined")):
        sent = [body for body in page.said.requests if "v=0" in body or "candidate:" in body]
        given_that(len(sent), f"how many requests of {who} carried a description").at_least(1)
        found = [line for body in (*sent, *await page.descriptions()) for line in candidates_in(body)]
        given_that(len(found), f"the candidates of {who}").at_least(1)
        hosts = {line.address for line in found if line.type != "relay"}
        hosts |= {line.related for line in found if line.related not in UNSPECIFIED}
        expect(sorted(hosts), f"the addresses of its own that {who} told").equals([])


@check("PEER-3", takes_s=6)
async def two_browsers_chat_through_the_relay(widget: Widget, second: Widget, attempt: Attempt) -> None:
    await chat(widget, second, FEW, attempt)


@check("PEER-3", nightly=True, limit_s=120)
async def two_browsers_chat_a_lot(widget: Widget, second: Widget, attempt: Attempt) -> None:
    await chat(widget, second, MESSAGES, attempt)


async def chat(widget: Widget, second: Widget, count: int, attempt: Attempt) -> None:
    """So many messages each way at once: none lost, doubled or out of order. How long they took is noted."""
    await together(widget, second)
    ways = ((widget, second), (second, widget))
    sent = {page: [f"{mark()} {number}" for number in range(count)] for page, _ in ways}
    await asyncio.gather(*(page.send_all(texts) for page, texts in sent.items()))
    waits: list[float] = []
    for page, other in ways:
        found = await shows(other, *sent[page])
        expect(found, f"the {count} messages of {page.user.actor}, as shown").equals(sent[page])
        waits += latencies(await page.timed_frames("out"), await other.timed_frames("in"))
    attempt.notes.append(told(waits, f"{len(waits)} messages between two browsers through TURN"))
    opened = await widget.opened_after_ms()
    if opened is not None:
        attempt.notes.append(f"the channel was open {opened:.0f} ms after the answer was read")


@check("SLO-5")
async def messages_through_the_relay_are_fast(peer: Peer, third: Peer, spec: Spec, attempt: Attempt) -> None:
    await third.join(await peer.create_room())
    waits: list[float] = []
    for speaker, listener in ((peer, third), (third, peer)):
        waits += await listener.latencies_of(speaker, MESSAGES)
    attempt.notes.append(told(waits, f"{len(waits)} messages between two peers through TURN"))
    limit = spec.policy["objectives"]["message_p50_ms"]
    expect(statistics.median(waits), "the median latency in ms").between(0, limit)


def latencies(sent: list[dict[str, Any]], got: list[dict[str, Any]]) -> list[float]:
    """Milliseconds between a frame's going and coming, by its id, for frames seen at both ends."""
    arrived = {_id(frame["text"]): frame["at"] for frame in got}
    return [arrived[name] - frame["at"] for frame in sent if (name := _id(frame["text"])) and name in arrived]


def _id(text: str) -> str | None:
    try:
        found = json.loads(text).get("id")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def told(waits: list[float], of_what: str) -> str:
    """p50 and p95 in words, for the report."""
    if len(waits) < 2:
        return f"measured: nothing of {of_what}"
    cuts = statistics.quantiles(waits, n=20)
    return f"measured: p50 {statistics.median(waits):.1f} ms, p95 {cuts[18]:.1f} ms of {of_what}"
