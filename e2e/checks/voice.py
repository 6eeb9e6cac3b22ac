"""A voice call between the broadcaster and one viewer, over relays, with the beeps of the browser itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from e2e.browser.stats import relayed
from e2e.browser.voice import hearing, microphones
from e2e.browser.widget import PageError, Widget
from e2e.checks.widget import done, shows, together
from e2e.fixtures import NewWidget
from e2e.registry import check
from e2e.waiting import eventually
from protocol.marks import mark
from suite.expectations import expect, given_that

BEEPS_S = 2.5  # the microphone beeps at least twice meanwhile
QUIETER = 100  # times, at least, is silence than a beep
CALLED = 8.0  # seconds that a check takes
UNKEYED = ("a=crypto:", "RTP/AVP ", "RTP/AVPF ", "RTP/SAVP ")


@dataclass(frozen=True)
class Heard:
    """What came of a call's audio so far: bytes, and their energy (W3C webrtc-stats, totalAudioEnergy)."""

    bytes: int
    energy: float


async def calls_of(page: Widget) -> list[dict[str, Any]]:
    """The statistics of the page's connections that audio comes by, and that are not over."""
    found = await page.stats()
    return [one for one in found if one["state"] != "closed" and audio_in(one)]


def audio_in(stats: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in stats["reports"] if one["type"] == "inbound-rtp" and one.get("kind") == "audio"]


async def heard(page: Widget) -> Heard:
    streams = [stream for stats in await page.stats() for stream in audio_in(stats)]
    return Heard(
        sum(int(one.get("bytesReceived", 0)) for one in streams),
        sum(float(one.get("totalAudioEnergy", 0.0)) for one in streams),
    )


async def loudness(page: Widget) -> float:
    """The energy of what is heard in a while."""
    before = await heard(page)
    await asyncio.sleep(BEEPS_S)
    return (await heard(page)).energy - before.energy


async def heard_as(page: Widget, holds: Callable[[float], bool]) -> float:
    """The energy of a while in which it holds, or of the last one."""
    return await eventually(lambda: loudness(page), holds)


async def call(caller: Widget, callee: Widget) -> None:
    """One calls, the other answers: both have a live track of the other."""
    await caller.press("call")
    await callee.press("answerCall")


async def in_a_call(caller: Widget, callee: Widget) -> None:
    """A call that is there before anything is judged: both hear the other."""
    await together(caller, callee)
    await call(caller, callee)
    for page in (caller, callee):
        found = await hears(page)
        given_that(found, f"the bytes of audio that {page.user.actor} gets").at_least(1)


async def hears(page: Widget, more_than: int = 0) -> int:
    """The bytes of audio that have come, once they are so many."""

    async def received() -> int:
        return (await heard(page)).bytes

    return await eventually(received, lambda count: count > more_than)


async def freed(*pages: Widget) -> None:
    """Expects that no page keeps a microphone on."""

    async def live() -> dict[str, int]:
        return {page.user.actor: (await microphones(page))[1] for page in pages}

    found = await eventually(live, lambda counts: not any(counts.values()))
    for who, count in found.items():
        expect(count, f"the microphone tracks of {who} that are on").equals(0)


async def chat_goes_on(first: Widget, second: Widget) -> None:
    for speaker, listener in ((first, second), (second, first)):
        text = mark()
        await done(speaker.say(text), f"writing a message as {speaker.user.actor}")
        expect(await shows(listener, text), f"what {listener.user.actor} is shown").equals([text])


@check("VOX-1", takes_s=CALLED)
async def the_broadcaster_calls_a_viewer(widget: Widget, second: Widget) -> None:
    await together(widget, second)
    await both_have_a_track(widget, second)


@check("VOX-1", takes_s=CALLED)
async def a_viewer_calls_the_broadcaster(widget: Widget, second: Widget) -> None:
    await together(second, widget)
    await both_have_a_track(widget, second)


async def both_have_a_track(caller: Widget, callee: Widget) -> None:
    await done(call(caller, callee), "a call and its answer")
    for page in (caller, callee):
        found = await eventually(partial(hearing, page), lambda count: count > 0)
        expect(found, f"the live audio tracks that {page.user.actor} has of the other").equals(1)


@check("VOX-2", takes_s=CALLED)
async def the_audio_flows_both_ways_over_relays(new_widget: NewWidget) -> None:
    widget, second = [await new_widget(actor, relay_only=True) for actor in ("widget", "second")]
    await together(widget, second)
    await call(widget, second)
    for page in (widget, second):
        first = await hears(page)
        expect(first, f"the bytes of audio that {page.user.actor} gets").at_least(1)
        later = await hears(page, more_than=first)
        expect(later, f"the bytes of audio that {page.user.actor} has got a while later").at_least(first + 1)
        pairs = [pair for stats in await calls_of(page) if (pair := relayed(stats)) is not None]
        given_that(len(pairs), f"how many selected pairs of the call {page.user.actor} tells of").at_least(1)
        ends = {local for local, _ in pairs} | {remote for _, remote in pairs} - {"prflx"}
        expect(sorted(ends), f"the candidates of the selected pairs of {page.user.actor}").equals(["relay"])


@check("VOX-3", takes_s=20)
async def mute_silences_and_unmute_does_not(widget: Widget, second: Widget) -> None:
    await in_a_call(widget, second)
    before = await heard_as(second, lambda energy: energy > 0)
    given_that(before > 0, "whether the beeps of the microphone are heard").equals(True)
    await done(widget.press("mute"), "pressing Mute")
    # What was on its way is heard meanwhile.
    hushed = await heard_as(second, lambda energy: energy <= before / QUIETER)
    expect(hushed, "the energy that is heard of who is muted").at_most(before / QUIETER)
    other = await heard_as(widget, lambda energy: energy > 0)
    expect(other > 0, "whether who is muted hears the other side").equals(True)
    await done(widget.press("unmute"), "pressing Unmute")
    again = await heard_as(second, lambda energy: energy >= before / QUIETER)
    expect(again, "the energy that is heard after Unmute").at_least(before / QUIETER)


@check("VOX-4", takes_s=CALLED)
async def who_called_hangs_up(widget: Widget, second: Widget) -> None:
    await in_a_call(widget, second)
    await over_by(widget, widget, second)


@check("VOX-4", takes_s=CALLED)
async def who_was_called_hangs_up(widget: Widget, second: Widget) -> None:
    await in_a_call(widget, second)
    await over_by(second, widget, second)


async def over_by(who: Widget, first: Widget, second: Widget) -> None:
    for page in (first, second):
        given_that((await microphones(page))[1], f"the tracks of {page.user.actor} that are on").at_least(1)
    await done(who.press("hangUp"), "pressing Hang Up")
    await freed(first, second)
    await chat_goes_on(first, second)


@check("VOX-5", takes_s=CALLED)
async def the_audio_is_encrypted_by_dtls_srtp(widget: Widget, second: Widget) -> None:
    await in_a_call(widget, second)
    for page in (widget, second):
        who = page.user.actor
        transports = [
            one for stats in await calls_of(page) for one in stats["reports"] if one["type"] == "transport"
        ]
        given_that(len(transports), f"how many transports of the call {who} tells of").at_least(1)
        states = sorted({str(one.get("dtlsState")) for one in transports})
        expect(states, f"the state of DTLS at {who}").equals(["connected"])
        expect(all(one.get("srtpCipher") for one in transports), f"whether {who} has a cipher").equals(True)
        sent = [text for text in await descriptions(page) if "m=audio" in text]
        given_that(len(sent), f"how many descriptions with audio {who} sent").at_least(1)
        bare = [word for text in sent for word in UNKEYED if word in text]
        expect(bare, f"other ways of keying that {who} offers").is_empty()
        expect(all("a=fingerprint:" in text for text in sent), f"whether {who} names its key").equals(True)


async def descriptions(page: Widget) -> list[str]:
    """The descriptions in the frames that the page sent."""
    found: list[str] = []
    for frame in await page.timed_frames("out"):
        try:
            body = json.loads(frame["text"])
        except ValueError:
            continue
        if isinstance(body, dict) and body.get("type") in ("voice_offer", "voice_answer"):
            found.append(str(body.get("sdp", "")))
    return found


@check("VOX-6", takes_s=CALLED)
async def no_microphone_is_asked_for_before_a_click(widget: Widget, second: Widget) -> None:
    await together(widget, second)
    text = mark()
    await widget.say(text)
    given_that(await shows(second, text), "what is shown to the other side").equals([text])
    for page in (widget, second):
        expect((await microphones(page))[0], f"how often {page.user.actor} was asked in a chat").equals(0)
    await widget.press("call")
    try:
        await second.shown("answerCall", "Answer Call is shown to who is called")
    except PageError:  # it does not ask: then what it did without asking is what counts
        pass
    expect((await microphones(second))[0], "how often who is called was asked before answering").equals(0)
    await second.press("answerCall")
    for page in (widget, second):

        async def asked(page: Widget = page) -> int:
            return (await microphones(page))[0]

        count = await eventually(asked, lambda count: count > 0)
        given_that(count, f"how often {page.user.actor} was asked at last").at_least(1)


@check("VOX-7", takes_s=CALLED)
async def who_calls_without_a_microphone_is_told(new_widget: NewWidget) -> None:
    widget, second = await new_widget("widget", microphone=False), await new_widget("second")
    await together(widget, second)
    await told_and_alive(widget, widget.press("call"), second)


@check("VOX-7", takes_s=CALLED)
async def who_answers_without_a_microphone_is_told(new_widget: NewWidget) -> None:
    widget, second = await new_widget("widget", microphone=False), await new_widget("second")
    await together(widget, second)
    await second.press("call")
    await told_and_alive(widget, widget.press("answerCall"), second)
    await freed(second)


async def told_and_alive(who: Widget, step: Awaitable[None], other: Widget) -> None:
    async def said() -> str:
        return (await who.alerts()).strip()

    before = await said()  # a call that comes may be told of in the same way
    await step

    async def asked() -> int:
        return (await microphones(who))[0]

    count = await eventually(asked, lambda count: count > 0)
    given_that(count, "how often it asked for a microphone").at_least(1)
    after = await eventually(said, lambda words: words not in ("", before))
    told = after not in ("", before)
    expect(told, "whether an error is shown once the microphone is refused").equals(True)
    await chat_goes_on(who, other)


@check("VOX-8", takes_s=CALLED)
async def a_viewer_closes_the_widget_in_a_call(widget: Widget, second: Widget) -> None:
    await in_a_call(widget, second)
    await closed_by(second, widget, second)


@check("VOX-8", takes_s=CALLED)
async def the_broadcaster_closes_the_widget_in_a_call(widget: Widget, second: Widget) -> None:
    await in_a_call(widget, second)
    await closed_by(widget, widget, second)


async def closed_by(who: Widget, first: Widget, second: Widget) -> None:
    for page in (first, second):
        given_that((await microphones(page))[1], f"the tracks of {page.user.actor} that are on").at_least(1)
    await who.leave()
    await freed(first, second)


@check("VOX-9", takes_s=CALLED)
async def two_who_call_at_once_have_one_call(widget: Widget, second: Widget) -> None:
    await together(widget, second)
    pages = (widget, second)
    await asyncio.gather(*(page.press("call") for page in pages))
    for page in pages:
        found = await hears(page)
        expect(found, f"the bytes of audio that {page.user.actor} gets").at_least(1)

        async def count(page: Widget = page) -> int:
            return len(await calls_of(page))

        calls = await eventually(count, lambda calls: calls == 1)
        expect(calls, f"the calls that {page.user.actor} has").equals(1)
