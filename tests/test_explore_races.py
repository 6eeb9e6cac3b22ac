"""Schedules and faults on the way, played against the reference server and against wrong ones."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from engine_kit import world
from explore_schedules_kit import arena, first, some
from report_kit import SPEC

from conformance.explore.findings import Finding
from conformance.explore.method import ReplayError
from conformance.explore.schedules.faults import Faults
from conformance.explore.schedules.schedule import by_chance, parse, show, steps_of
from conformance.explore.schedules.schedules import Schedules
from conformance.explore.stage import Arena
from reports.reproduction.script import Script

MUTANTS = {
    "reads-are-raced": "CONC-1",
    "older-offer-stays": "MBOX-7",
    "candidates-come-backwards": "ICE-5",
}
BY_FAULTS = {"joining-twice-counts-twice": "ROOM-6", "leaving-twice-counts-twice": "ROOM-9"}
# What a person might write by hand, and what it shows of which mutant.
BY_HAND = {
    "answer-survives-reading": (
        "alice:create bob:join alice:answer bob:poll-answer bob:poll-answer",
        "MBOX-3",
        "status",
    ),
    "mail-leaks-between-rooms": (
        "alice:create alice:create@B bob:join bob:join@B alice:offer bob:poll@B",
        "MBOX-8",
        "status",
    ),
    "a-room-ends-with-its-broadcaster": ("alice:create bob:join alice:leave carol:join", "ROOM-7", "status"),
}


def test_the_reference_server_is_not_accused() -> None:
    async def play() -> list[Finding]:
        async with arena() as there:
            method = Schedules(there)
            found = await some(method, 80)
            assert method.covered.requests > 10 * 80
            assert method.covered.notes[0].startswith("two people in turn: 20 of ")
            assert len(method.covered.notes) == 3, "no play was given up"
            slow = Faults(there)
            return [*found, *await some(slow, 40)]

    assert asyncio.run(play()) == []


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_server_is_found_by_its_requirement(mutant: str) -> None:
    async def play() -> Finding:
        async with arena(mutant) as there:
            method = Schedules(there)
            found = await first(method)
            again = await method.again(found.replay)
            assert again is not None
            assert again.key == found.key
            return found

    found = asyncio.run(play())
    assert found.complaint.requirement == MUTANTS[mutant]
    assert found.method == "schedules"
    assert found.minimal
    assert len(steps_of(parse(found.replay["schedule"]))) <= 7
    assert found.replay["schedule"] in found.complaint.got
    if by_chance(parse(found.replay["schedule"])):
        assert 1 <= found.replay["failed"] <= found.replay["of"]
    assert found.exchanges[-1]["operation"] == found.operation
    assert Script(found.fault(SPEC), "http://127.0.0.1:1").conversation()


@pytest.mark.parametrize("mutant", BY_FAULTS)
def test_a_retry_that_counts_again_is_found(mutant: str) -> None:
    async def play() -> Finding:
        async with arena(mutant) as there:
            method = Faults(there)
            found = await first(method)
            again = await method.again(found.replay)
            assert again is not None and again.complaint.requirement == found.complaint.requirement
            return found

    found = asyncio.run(play())
    assert found.complaint.requirement == BY_FAULTS[mutant]
    assert found.method == "faults"


@pytest.mark.parametrize("mutant", BY_HAND)
def test_a_schedule_by_hand_shows_a_fault(mutant: str) -> None:
    text, requirement, where = BY_HAND[mutant]

    async def play() -> Finding | None:
        async with arena(mutant) as there:
            return await Schedules(there).again({"schedule": text})

    found = asyncio.run(play())
    assert found is not None
    assert (found.complaint.requirement, found.complaint.where) == (requirement, where)


def test_what_the_wrong_ones_fail_the_right_one_does_not() -> None:
    async def play() -> list[Finding | None]:
        async with arena() as there:
            return [await Schedules(there).again({"schedule": text}) for text, _, _ in BY_HAND.values()]

    assert asyncio.run(play()) == [None] * len(BY_HAND)


def test_the_same_seed_plays_the_same() -> None:
    def cases(seed: int) -> list[str]:
        there = Arena(world([]), seed)
        return [show(next(one.cases)[1]) for one in (Schedules(there), Faults(there)) for _ in range(50)]

    assert cases(1) == cases(1) != cases(2)


def test_over_https_a_fault_is_not_tried_again() -> None:
    plain = world([])
    there = Arena(replace(plain, target=replace(plain.target, base_url="https://chat.example")), 1)
    with pytest.raises(ReplayError, match="faults are tried over http only"):
        asyncio.run(Faults(there).again({"schedule": "alice:create!slow"}))


def test_a_corpus_is_played_first(tmp_path: Path) -> None:
    text = BY_HAND["mail-leaks-between-rooms"][0]
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "replay.json").write_text(
        json.dumps({"method": "schedules", "replay": {"schedule": text}}), encoding="utf-8"
    )
    (tmp_path / "another.json").write_text('{"method": "model", "replay": {}}', encoding="utf-8")
    (tmp_path / "none.json").write_text("[", encoding="utf-8")
    there = Arena(world([]), 1)
    with_it, without = Schedules(there, tmp_path).cases, Schedules(there).cases
    assert next(with_it) == ("from the corpus", parse(text))
    assert next(with_it) == next(without)
