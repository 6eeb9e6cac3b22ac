"""widget: the chat client on its page, in a real browser (WID-1 to WID-7)."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable
from typing import TypeVar

from e2e.browser.login import ask_for_a_code, prove
from e2e.browser.widget import PageError, Widget
from e2e.fixtures import NewWidget
from e2e.peer import Peer
from e2e.registry import check
from e2e.run import Run
from e2e.turn import Transport, TurnServer
from e2e.waiting import PATIENCE_S, among, eventually
from protocol.marks import mark
from protocol.spec import Spec
from suite.expectations import Inconclusive, expect, given, given_that
from suite.otp_codes import OtpCodes

Done = TypeVar("Done")
RECONNECTED_S = (
    40.0  # after a TURN server came back: the loss is noticed in 5 to 15 s, then comes the back-off
)
LATE_S = 30  # between the refusal that we had and the page's
HEARD_S = 0.2  # for a frame to come over the loopback
# What runs where markup is taken for markup: each would call what the harness left in the page.
MARKUP = (
    "<img src=x onerror=__parleyRan()>",
    "<script>__parleyRan()</script>",
    "<svg onload=__parleyRan()></svg>",
    "<iframe srcdoc='<script>parent.__parleyRan()</script>'></iframe>",
    "<details open ontoggle=__parleyRan()>",
)


async def shows(widget: Widget, *texts: str) -> list[str]:
    """Which of the texts are shown on the page at last, in its order."""
    sent = list(texts)
    await widget.comes(sent[-1], PATIENCE_S)  # one look instead of many, where there are many messages
    seen = await eventually(widget.messages, lambda shown: len(among(shown, sent)) >= len(sent))
    return among(seen, sent)


async def done(step: Awaitable[Done], what: str) -> Done:
    """A step that the requirement itself asks for: where the page does not do it, that is the fault."""
    try:
        came = await step
    except PageError as error:
        expect(str(error), what).equals("done")
        raise  # it never comes to this
    expect("done", what).equals("done")
    return came


async def together(first: Widget, *others: Widget) -> str:
    """The first makes a room, the others join it by its id, one after the other."""
    room = await first.create_room()
    for other in others:
        await other.join(room)
    return room


@check("WID-1")
async def a_visitor_with_a_token_gets_to_the_chat(new_widget: NewWidget) -> None:
    visitor = await done(new_widget("visitor"), "a visit with a token")
    await done(visitor.shown("createRoom", "Create Room is shown"), "the start of a chat")


@check("WID-1", profile="otp")
async def a_visitor_logs_in_and_chats_in_one_visit(
    new_widget: NewWidget, codes: OtpCodes, peer: Peer
) -> None:
    visitor = await done(new_widget("visitor", signed_in=False), "a visit without a token")
    email = codes.address()
    await done(ask_for_a_code(visitor, email), "asking for a code")
    await done(prove(visitor, await codes.code(email)), "logging in by the code that came")
    await peer.join(await done(visitor.create_room(), "making a room after the login"))
    text = mark()
    await visitor.say(text)
    heard = await eventually(peer.messages, lambda shown: bool(among(shown, [text])))
    expect(among(heard, [text]), "what another hears of what is said then").equals([text])


@check("WID-2")
async def one_creates_another_joins_and_both_are_heard(widget: Widget, second: Widget) -> None:
    room = await done(widget.create_room(), "making a room")
    await done(second.join(room), "joining it by its id")
    expect(await second.room_id(), "getRoomId() of who joined").equals(room)
    sent = [f"hello {mark()}", f"hello too {mark()}"]
    await widget.say(sent[0])
    expect(await shows(second, sent[0]), "what who joined is shown").equals(sent[:1])
    await second.say(sent[1])
    expect(await shows(widget, *sent), "what who made the room is shown").equals(sent)


@check("WID-3", takes_s=9)
async def who_comes_later_gets_the_history(widget: Widget, second: Widget, new_widget: NewWidget) -> None:
    room = await together(widget, second)
    sent = [mark() for _ in range(4)]
    for number, text in enumerate(sent):
        await (widget, second)[number % 2].say(text)
        given_that(await shows(widget, text), "what who made the room is shown").equals([text])
    later = await new_widget("later")
    await later.join(room)
    found = await shows(later, *sent)
    expect(sorted(found), "what is shown to who came later, of what was said before").equals(sorted(sent))


@check("WID-3", takes_s=5)
async def who_reloads_the_page_gets_the_history(widget: Widget, second: Widget) -> None:
    room = await together(widget, second)
    sent = [mark(), mark()]
    for page, text in zip((second, widget), sent, strict=True):
        await page.say(text)
        given_that(await shows(widget, text), "what who made the room is shown").equals([text])
    await second.reload()
    if await second.room_id() != room:  # a page may go back to its room by itself
        await second.join(room)
    found = await shows(second, *sent)
    expect(sorted(found), "what is shown after a reload, of what was said before").equals(sorted(sent))
    after = mark()
    await widget.say(after)
    found = await shows(second, *sent, after)
    expect(sorted(found), "all of it with a message after it, each once").equals(sorted([*sent, after]))


@check("WID-4")
async def markup_is_shown_as_text(widget: Widget, second: Widget) -> None:
    await together(widget, second)
    sent = [f"{markup} {mark()}" for markup in MARKUP]
    for text in sent:
        await widget.say(text)
    expect(await shows(second, *sent), "what is shown of markup in messages").equals(sent)
    for page, who in ((widget, "who sent it"), (second, "who got it")):
        expect(await page.ran(), f"how often markup ran on the page of {who}").equals(0)


@check("WID-4")
async def markup_in_names_is_inert(widget: Widget, peer: Peer) -> None:
    await peer.join(await widget.create_room())
    markup, texts = " ".join(MARKUP), [mark(), mark()]
    # A widget may drop a message with such a name: then nothing of it runs either.
    await peer.say_as(mark(), name=markup, display_name=markup)
    for text in texts:  # what runs does so a moment after it is shown
        await peer.say(text)
        given_that(await shows(widget, text), "what is shown of a message after it").equals([text])
    expect(await widget.ran(), "how often markup in a name ran").equals(0)


@check("WID-5")
async def typing_is_shown_and_cleared(widget: Widget, second: Widget) -> None:
    await together(widget, second)
    given_that(await widget.typing(), "whether typing is shown before").equals(False)
    await second.start_typing()
    seen = await eventually(widget.typing, bool)
    expect(seen, "whether typing is shown while somebody types").equals(True)
    await second.say(mark())
    seen = await eventually(widget.typing, lambda shown: not shown)
    expect(seen, "whether typing is shown after the message").equals(False)


@check("WID-5")
async def presence_is_shown_and_cleared(widget: Widget, peer: Peer) -> None:
    await peer.join(await widget.create_room())

    async def there() -> bool:
        return any(peer.name in line for line in await widget.online())

    expect(await eventually(there, bool), "whether who joined is shown as present").equals(True)
    await peer.leave()
    seen = await eventually(there, lambda shown: not shown)
    expect(seen, "whether who left is shown as present").equals(False)


@check("WID-6", limit_s=120, takes_s=11)
async def it_survives_a_turn_server_that_comes_back(new_widget: NewWidget, turn: TurnServer) -> None:
    # By TCP: a lost relay is then noticed at once. By UDP it takes 15 s, and is the nightly's business.
    await comes_back(new_widget, turn, "tcp")


@check("WID-6", nightly=True, limit_s=180)
async def it_survives_a_turn_server_reached_by_udp(new_widget: NewWidget, turn: TurnServer) -> None:
    await comes_back(new_widget, turn, "udp")


async def comes_back(new_widget: NewWidget, turn: TurnServer, transport: Transport) -> None:
    """The TURN server dies in the middle of a chat and comes back: nothing is lost, doubled or reordered."""
    if turn.kind == "url":
        turn.kill()  # says why it cannot, before anything is made of its urls
    widget, second = [await new_widget(actor, transport=transport) for actor in ("widget", "second")]
    await together(widget, second)
    before, during, after = mark(), mark(), mark()
    await widget.say(before)
    given_that(await shows(second, before), "what is shown before").equals([before])
    turn.kill()
    try:
        await widget.say(during)
    finally:
        turn.restart()
    seen = await eventually(second.messages, lambda shown: bool(among(shown, [during])), RECONNECTED_S)
    expect(among(seen, [during]), "what is shown of a message sent in the outage").equals([during])
    await second.say(after)
    expect(await shows(widget, after), "what is shown of a message after it").equals([after])
    found = among(await second.messages(), [before, during])
    expect(found, "all of it, each once and in order").equals([before, during])


@check("WID-6", takes_s=6)
async def it_survives_a_signaling_server_that_forgot_the_room(
    widget: Widget, second: Widget, run: Run, spec: Spec
) -> None:
    for page in (widget, second):
        await page.hold_time()
    old = await together(widget, second)
    run.restart_signaling()
    during = mark()
    await widget.say(during)
    expect(await shows(second, during), "what an open channel carries meanwhile").equals([during])
    # In steps in which both sides still hear of each other: all at once would look like a loss to them.
    step_s = spec.asyncapi["x-policy"]["silence"] / 2
    for _ in range(math.ceil(spec.timings["heartbeat_interval"] / step_s) + 1):
        for page in (widget, second):
            await page.pass_time(step_s)
        await asyncio.sleep(HEARD_S)
    fresh = await eventually(widget.room_id, lambda room: room not in (None, old))
    expect(fresh, "the room after a heartbeat that was 404").is_none_of([None, old])
    moved = await eventually(second.room_id, lambda room: room == fresh)
    expect(moved, "the room of the other side, told in a system message").equals(fresh)
    after = mark()
    await second.say(after)
    expect(await shows(widget, after), "what is shown of a message in the new room").equals([after])


@check("WID-7")
async def a_429_is_shown_with_the_waiting_time(widget: Widget, spec: Spec) -> None:
    budget = spec.operation("createRoom").budget
    assert budget is not None, "the lint sees to it that createRoom has a budget"
    for _ in range(budget.limit):
        room = given(await widget.user.create_room()).room_id
        given(await widget.user.leave(str(room)))
    refusal = await widget.user.create_room()
    if refusal.status != 429:
        raise Inconclusive(f"createRoom gave {refusal.status} beyond its budget, not 429", refusal.exchange)
    told = refusal.header("retry-after") or ""
    if not (told.isascii() and told.isdigit() and len(told) < 10):
        raise Inconclusive(f"the 429 names no waiting time: Retry-After is {told[:40]!r}", refusal.exchange)
    wait = int(told)
    await widget.press_create_room()
    text = await eventually(widget.alerts, lambda shown: tells(shown, wait))
    expect(tells(text, wait), f"whether {text!r} tells of a wait of {wait} s").equals(True)


def tells(text: str, wait_s: int) -> bool:
    """Whether a text names this waiting time: in seconds, minutes or hours, or as 59:58 or 1:00:00, give or
    take what has passed.
    """
    near = range(wait_s - LATE_S, wait_s + 1)
    clocks = re.findall(r"\d+(?::\d\d)+", text)
    if any(_seconds(clock) in near for clock in clocks):
        return True
    numbers = [int(found) for found in re.findall(r"(?<![\d:])\d{1,9}(?![\d:])", text)]
    some = [near]
    for unit in (60, 3600):
        some.append(range(max(1, wait_s // unit - 1), math.ceil(wait_s / unit) + 1))
    return any(number in few for number in numbers for few in some)


def _seconds(clock: str) -> int:
    """What 59:58 and 1:00:00 stand for."""
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return total
