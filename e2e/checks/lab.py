"""Behind two NATs (--network lab): chat that only the relays make possible, and links that lose and lag."""

from __future__ import annotations

import asyncio
import time

from e2e.browser.stats import relayed
from e2e.browser.widget import Widget
from e2e.checks.relay import latencies, told
from e2e.checks.widget import done, shows, together
from e2e.lab import Lab, Link
from e2e.options import LAB
from e2e.registry import check
from e2e.run import Attempt
from e2e.waiting import among, eventually
from protocol.marks import mark
from protocol.sdp import candidates_in
from suite.expectations import expect, given_that

CUT_S = 8.0  # longer than a browser takes to see that it is disconnected, shorter than to give up
LONG_CUT_S = 45.0  # both sides have given up meanwhile, and knock again
PART_S = 2.0  # between two messages of an outage
BACK_S = 60.0  # the back-off of SCTP has grown with the outage
FEW = 50
PATIENCE_S = 40.0  # for many messages by a bad link
LOSS_PERCENT = 5.0
DELAY_MS, JITTER_MS = 80.0, 20.0
THIN_MBIT = 0.256


@check("WID-2", network=LAB, takes_s=8)
async def two_who_reach_only_the_relays_chat(widget: Widget, second: Widget, attempt: Attempt) -> None:
    room = await done(widget.create_room(), "making a room")
    await done(second.join(room), "joining it from behind another NAT")
    sent = [mark(), mark()]
    await widget.say(sent[0])
    expect(await shows(second, sent[0]), "what who joined is shown").equals(sent[:1])
    await second.say(sent[1])
    expect(await shows(widget, *sent), "what who made the room is shown").equals(sent)
    for page, who in ((widget, "who made the room"), (second, "who joined")):
        pairs = [pair for stats in await page.stats() if (pair := relayed(stats)) is not None]
        expect(pairs, f"the selected pairs of {who}, local and remote").equals([("relay", "relay")])
        lines = [line for text in await page.descriptions() for line in candidates_in(text)]
        attempt.notes.append(f"{who} offered {', '.join(sorted({line.type for line in lines}))}")


@check("WID-6", network=LAB, limit_s=150, takes_s=20)
async def it_survives_a_link_that_was_cut(widget: Widget, second: Widget, lab: Lab, attempt: Attempt) -> None:
    await survives(widget, second, lab.links["b"], CUT_S, attempt)


@check("WID-6", network=LAB, nightly=True, limit_s=240)
async def it_survives_a_link_that_was_cut_for_long(
    widget: Widget, second: Widget, lab: Lab, attempt: Attempt
) -> None:
    await survives(widget, second, lab.links["b"], LONG_CUT_S, attempt)


async def survives(widget: Widget, second: Widget, link: Link, cut_s: float, attempt: Attempt) -> None:
    """Both talk on while nothing passes: all of it arrives once the link is mended, in order and once."""
    await together(widget, second)
    sent: dict[Widget, list[str]] = {widget: [mark()], second: [mark()]}
    for page, other in ((widget, second), (second, widget)):
        await page.say(sent[page][0])
        given_that(await shows(other, sent[page][0]), "what is shown before").equals(sent[page])
    link.cut()
    over = time.monotonic() + cut_s
    while time.monotonic() < over:
        for page, said in sent.items():
            said.append(mark())
            await page.say(said[-1])
        await asyncio.sleep(min(PART_S, max(0.0, over - time.monotonic())))
    lost = among(await second.messages(), sent[widget][1:])
    given_that(lost, "what passes a link that is cut").equals([])
    link.mend()
    mended = time.monotonic()
    for page, other in ((widget, second), (second, widget)):
        await all_shown(other, sent[page], BACK_S)
    back = time.monotonic() - mended
    for page, said in sent.items():
        said.append(mark())
        await page.say(said[-1])
    for page, other in ((widget, second), (second, widget)):
        await all_shown(other, sent[page], PATIENCE_S)
        found = among(await other.messages(), sent[page])
        what = f"what is shown of {page.user.actor}: said before, while and after the link was cut"
        expect(found, what).equals(sent[page])
    attempt.notes.append(f"measured: back {back:.1f} s after the link was mended")


async def all_shown(page: Widget, texts: list[str], within_s: float) -> None:
    """Waits for as many of the texts as there are; what came of it is looked at afterwards."""
    await eventually(page.messages, lambda shown: len(among(shown, texts)) >= len(texts), within_s)


@check("PEER-3", network=LAB, limit_s=120, takes_s=10)
async def messages_pass_a_link_that_loses(widget: Widget, second: Widget, lab: Lab, attempt: Attempt) -> None:
    await together(widget, second)
    lab.links["b"].loss(LOSS_PERCENT)
    await pass_by(widget, second, attempt, f"with {LOSS_PERCENT:g} % lost")


@check("PEER-3", network=LAB, limit_s=120, takes_s=10)
async def messages_pass_a_link_that_lags(widget: Widget, second: Widget, lab: Lab, attempt: Attempt) -> None:
    await together(widget, second)
    lab.links["b"].delay(DELAY_MS, JITTER_MS)
    await pass_by(widget, second, attempt, f"with {DELAY_MS:g} ± {JITTER_MS:g} ms each way")


@check("PEER-3", network=LAB, limit_s=120, takes_s=10)
async def messages_pass_a_thin_link(widget: Widget, second: Widget, lab: Lab, attempt: Attempt) -> None:
    await together(widget, second)
    lab.links["b"].rate(THIN_MBIT)
    await pass_by(widget, second, attempt, f"by a link of {THIN_MBIT * 1000:g} kbit/s")


async def pass_by(widget: Widget, second: Widget, attempt: Attempt, how: str) -> None:
    """Many messages each way at once: none lost, doubled or out of order, however long it takes."""
    ways = ((widget, second), (second, widget))
    sent = {page: [f"{mark()} {number}" for number in range(FEW)] for page, _ in ways}
    await asyncio.gather(*(page.send_all(texts) for page, texts in sent.items()))
    waits: list[float] = []
    for page, other in ways:
        await all_shown(other, sent[page], PATIENCE_S)
        found = among(await other.messages(), sent[page])
        expect(found, f"the {FEW} messages of {page.user.actor}, as shown").equals(sent[page])
        waits += latencies(await page.timed_frames("out"), await other.timed_frames("in"))
    attempt.notes.append(told(waits, f"{len(waits)} messages {how}"))
