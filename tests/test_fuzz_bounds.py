"""The fuzzer keeps to its time, loses nothing that it found, and finds again what a replay is about."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from fuzz_fakes import FakeWire, plain, with_fake

from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box
from conformance.explore.stage import Arena
from conformance.fuzz import runner, scripts
from conformance.fuzz.fuzz import Fuzz
from conformance.fuzz.plans import CHAIN, Step
from conformance.fuzz.runner import Runner
from conformance.fuzz.scripts import Mark, Shortener, replay_of
from conformance.fuzz.trials import CREATOR, ROOM, Trial
from protocol.operations import Request

BEAT = Trial("heartbeat", "x", CREATOR, body={"roomId": ROOM})
HEALTH = Trial("health", "x", CREATOR)
LONG_S = 120.0  # for what ends by itself, however busy the machine


def down(request: Request) -> tuple[int, Any]:
    """A server error for every heartbeat."""
    return (500, {"error": "x"}) if request.operation == "heartbeat" else plain(request)


# -- time


def test_a_play_ends_when_its_time_is_over() -> None:
    async def play(arena: Arena, wire: FakeWire) -> int:
        box = Box(LONG_S)

        def reply(request: Request) -> tuple[int, Any]:
            if len(wire.sent) == 3:
                box.stopped.set()
            return plain(request)

        wire.reply = reply
        await scripts.play(arena, Covered(), "x", [HEALTH] * 9, box)
        return len(wire.sent)

    assert with_fake(play) == 3


def test_a_replay_and_what_is_shortened_have_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(arena: Arena, wire: FakeWire) -> int:
        monkeypatch.setattr(runner, "AGAIN_S", 0.0)
        assert await runner.replay(arena, replay_of([BEAT])) is None
        box = Box(LONG_S)

        def reply(request: Request) -> tuple[int, Any]:
            box.stopped.set()
            return plain(request)

        wire.reply = reply
        shortener = Shortener(arena, Covered(), "x", Mark("ERR-3", "status", "heartbeat"), box)
        assert await shortener.shorten([HEALTH] * 9) is None
        return len(wire.sent)

    assert with_fake(play, down) == 1


# -- what a replay is about


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ({}, True),
        ({"about": {"requirement": "ERR-3", "where": "status"}}, True),
        ({"about": {"requirement": "ERR-3", "where": "body"}}, False),
        ({"about": {"requirement": "MBOX-1", "where": "status"}}, False),
    ],
)
def test_a_replay_comes_again_only_by_what_it_is_about(about: Mapping[str, Any], found: bool) -> None:
    async def play(arena: Arena, wire: FakeWire) -> Finding | None:
        return await runner.replay(arena, {**replay_of([BEAT, HEALTH]), **about})

    finding = with_fake(play, down)
    assert (finding is not None) is found
    if finding is not None and about:
        assert finding.complaint.requirement == "ERR-3" and finding.operation == "heartbeat"


# -- nothing is lost


@pytest.mark.parametrize("how", ["cancelled", "stopped"])
def test_what_was_found_is_told_when_the_run_ends_while_it_is_made_short(how: str) -> None:
    async def play(arena: Arena, wire: FakeWire) -> list[Finding]:
        found: list[Finding] = []
        box = Box(LONG_S)
        shortening = asyncio.Event()

        def reply(request: Request) -> tuple[int, Any]:
            beats = sum(one.operation == "heartbeat" for one in wire.sent)
            if request.operation == "createRoom" and beats:
                if how == "stopped":
                    box.stopped.set()
                shortening.set()
            return down(request)

        wire.reply = reply
        running = asyncio.ensure_future(Runner(arena, "x", Covered()).play([HEALTH, BEAT], box, found.append))
        await asyncio.wait_for(shortening.wait(), LONG_S)
        if how == "cancelled":
            running.cancel()
        await asyncio.wait({running}, timeout=LONG_S)
        assert running.done() and running.cancelled() is (how == "cancelled")
        return found

    assert "ERR-3" in {finding.complaint.requirement for finding in with_fake(play, down)}


def test_what_was_found_is_told_when_the_run_is_cancelled_in_the_middle_of_a_script() -> None:
    async def play(arena: Arena, wire: FakeWire) -> list[Finding]:
        found: list[Finding] = []
        waiting = asyncio.Event()

        def reply(request: Request) -> tuple[int, Any]:
            if request.operation == "health":
                waiting.set()
            return down(request)

        wire.reply = reply
        script = [BEAT, *[HEALTH] * 9]
        running = asyncio.ensure_future(Runner(arena, "x", Covered()).play(script, Box(LONG_S), found.append))
        await asyncio.wait_for(waiting.wait(), LONG_S)
        running.cancel()
        await asyncio.wait({running}, timeout=LONG_S)
        return found

    assert "ERR-3" in {finding.complaint.requirement for finding in with_fake(play, down)}


# -- what is sent back


@pytest.mark.parametrize("operation", ["createRoom", "getCandidates", "listRooms"])
def test_what_is_far_too_long_is_not_sent_back_and_noted(operation: str) -> None:
    long = "x" * 70_000
    told = {
        "createRoom": {"room": {"roomId": long}},
        "getCandidates": {"candidates": [], "next": long},
        "listRooms": {"rooms": [{"roomId": long}]},
    }

    def reply(request: Request) -> tuple[int, Any]:
        return (
            (200, {"success": True, **told[operation]}) if request.operation == operation else plain(request)
        )

    async def play(arena: Arena, wire: FakeWire) -> tuple[list[str], list[str]]:
        method = Fuzz(arena)
        method._corpus = []
        await asyncio.to_thread(method._make)
        plan = method._plan
        assert plan is not None
        numbers = itertools.count()
        plan.next = lambda: Step(CHAIN, seed=next(numbers))  # type: ignore[method-assign]
        box = Box(LONG_S)

        def stop() -> None:
            if next(turns) >= 12:
                box.stopped.set()

        turns = itertools.count()
        taken = method._step

        async def step(*given: Any) -> None:
            await taken(*given)
            stop()

        method._step = step  # type: ignore[method-assign]
        await method.run(box, lambda finding: None)
        back = [one.operation for one in wire.sent if long in one.path or long.encode() in (one.body or b"")]
        return method.covered.notes, back

    notes, back = with_fake(play, reply)
    assert any("70000 characters" in note for note in notes), notes
    assert set(back) <= {"leaveRoom"}, "but to leave what was made"
