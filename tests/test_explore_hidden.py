"""What is wrong with every answer hides nothing else, and no failure is lost on its way to a finding."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from explore_schedules_kit import arena, some

from conformance.explore.findings import Complaint, Covered, Finding
from conformance.explore.oracle import oracle
from conformance.explore.schedules.faults import Faults
from conformance.explore.schedules.playing import KEPT_BYTES, Play, Played
from conformance.explore.schedules.schedule import parse
from conformance.explore.schedules.schedules import Schedules



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
