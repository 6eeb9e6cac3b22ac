"""What is wrong with every answer hides nothing else, and no failure is lost on its way to a finding."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import pytest
from explore_schedules_kit import LONGEST_S, arena, some

from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box
from conformance.explore.model import by_model
from conformance.explore.model.actions import Action
from conformance.explore.model.by_model import ModelMethod
from conformance.explore.oracle import oracle
from conformance.explore.schedules import explorer
from conformance.explore.schedules.faults import Faults
from conformance.explore.schedules.playing import KEPT_BYTES, Play, Played
from conformance.explore.schedules.proxy import FaultProxy
from conformance.explore.schedules.schedule import parse
from conformance.explore.schedules.schedules import Schedules
from protocol.mint import MintError
from reports.reproduction.fault import Complaint

TWICE = "alice:answer bob:poll-answer bob:poll-answer"


def complains(*of: object) -> Iterable[Complaint]:
    yield Complaint("HDR-2", "header X-Frame-Options", "DENY", "none")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target whose every answer lacks a header."""
    monkeypatch.setattr(oracle, "RULES", (*oracle.RULES, complains))


@pytest.mark.usefixtures("bare")
def test_a_header_that_is_never_there_hides_no_violation() -> None:
    async def play() -> list[Finding]:
        async with arena("older-offer-stays") as there:
            return await some(Schedules(there), 60)

    found = asyncio.run(play())
    told = [one.complaint.requirement for one in found]
    assert "MBOX-7" in told
    assert told.count("HDR-2") == 1
    header = next(one for one in found if one.complaint.requirement == "HDR-2")
    assert header.replay["schedule"] == "alice:create"


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("method", [Schedules, Faults])
def test_of_what_is_wrong_the_one_that_the_replay_is_about_comes_again(
    method: type[Schedules | Faults],
) -> None:
    text = "alice:create bob:join alice:answer bob:poll-answer bob:poll-answer"

    async def play() -> None:
        async with arena("answer-survives-reading") as there:
            for requirement, where in (("MBOX-3", "status"), ("HDR-2", "header X-Frame-Options")):
                about = {"requirement": requirement, "where": where}
                found = await method(there).again({"schedule": text, "about": about})
                assert found is not None and found.about == about
            other = {"requirement": "MBOX-2", "where": "status"}
            assert await method(there).again({"schedule": text, "about": other}) is None
            assert await method(there).again({"schedule": text}) is not None

    asyncio.run(play())


def test_of_answers_only_what_is_asked_for_is_kept() -> None:
    async def play() -> Played:
        async with arena() as there:
            schedule = parse("alice:create bob:join alice:offer alice:list bob:poll")
            return await Play(there, schedule, Covered()).run()

    played = asyncio.run(play())
    assert [answer.status for answer in played.answers.values()] == [200] * 5
    for answer in played.answers.values():
        assert answer.raw and len(answer.raw) <= KEPT_BYTES
        assert answer.body is None and answer.headers == ()
    looks = [one.output for one in played.rooms["A"] if one.what == "listed"]
    assert looks == [{"status": 200, "there": True, "count": 2}]


@pytest.mark.usefixtures("bare")
def test_a_failure_of_a_schedule_is_told_though_its_shortening_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play() -> list[Finding]:
        found: list[Finding] = []
        async with arena("answer-survives-reading") as there:
            method = Schedules(there)
            method.cases = iter([("by hand", parse("alice:create carol:list bob:join " + TWICE))])
            task = asyncio.create_task(method.run(Box(LONGEST_S), found.append))

            async def cut_off(*of: object, **how: object) -> None:
                task.cancel()
                await asyncio.sleep(LONGEST_S)

            monkeypatch.setattr(explorer, "shortened", cut_off)
            with pytest.raises(asyncio.CancelledError):
                await task
        return found

    found = asyncio.run(play())
    assert [one.complaint.requirement for one in found] == ["MBOX-3", "HDR-2"]
    assert not any(one.minimal for one in found)
    assert found[0].replay["schedule"].endswith("bob:poll-answer bob:poll-answer")


def test_a_failure_of_a_schedule_is_told_though_no_people_are_left_to_shorten_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def cut_off(*of: object, **how: object) -> None:
        raise MintError("no more")

    async def play() -> list[Finding]:
        found: list[Finding] = []
        async with arena("answer-survives-reading") as there:
            method = Schedules(there)
            method.cases = iter([("by hand", parse("alice:create bob:join " + TWICE))])
            await method.run(Box(LONGEST_S), found.append)
        return found

    monkeypatch.setattr(explorer, "shortened", cut_off)
    assert [one.complaint.requirement for one in asyncio.run(play())] == ["MBOX-3"]


@pytest.mark.parametrize("stopped", [False, True])
def test_what_the_model_found_is_told_though_its_shortening_is_cut_off(
    stopped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> list[Finding]:
        found: list[Finding] = []
        async with arena("one-room-too-many") as there:
            box = Box(LONGEST_S)
            task = asyncio.create_task(ModelMethod(there).run(box, found.append))

            async def cut_off(actions: Sequence[Action], *of: object) -> tuple[Sequence[Action], bool]:
                if stopped:
                    box.stopped.set()
                    return actions, False
                task.cancel()
                await asyncio.sleep(LONGEST_S)
                raise AssertionError("it is cancelled")

            monkeypatch.setattr(by_model, "minimised", cut_off)
            await asyncio.wait([task])
            assert task.cancelled() is not stopped
        return found

    [found] = asyncio.run(play())
    assert not found.minimal
    assert found.replay["actions"] and found.exchanges


def test_where_no_answer_comes_through_the_proxy_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*of: object, **how: object) -> bytes:
        return b""

    async def play() -> tuple[list[Finding], list[str]]:
        async with arena() as there:
            method = Faults(there)
            found = await some(method, 4)
            return found, method.covered.notes

    monkeypatch.setattr(FaultProxy, "_exchange", nothing)
    found, notes = asyncio.run(play())
    assert found == []
    assert "nothing made of 4 plays: no answer came through the proxy" in notes
