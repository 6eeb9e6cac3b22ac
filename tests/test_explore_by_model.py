"""The method `model` as a whole: it finds faults, makes them short, and accuses nobody who is right."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence

import pytest
from explore_kit import SPEC, arena

from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box
from conformance.explore.model import by_model
from conformance.explore.model.actions import Action
from conformance.explore.model.by_model import ModelMethod
from conformance.explore.model.machine import Machine
from conformance.explore.model.minimise import minimised
from conformance.explore.model.model import OPERATIONS
from conformance.explore.model.player import Player
from conformance.explore.oracle import oracle
from protocol.mint import Minter
from protocol.whose import BUDGETS
from reports.reproduction.fault import Complaint

PLAYS = 4
PATIENCE_S = 90.0  # it ends with the first finding, after a second or two


@pytest.fixture(autouse=True)
def time_to_make_it_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a busy machine had no time to make short would be told as it is."""
    monkeypatch.setattr(by_model, "SHRINK_S", PATIENCE_S)


async def first_finding(mutant: str) -> Finding | None:
    found: list[Finding] = []
    async with arena(mutant) as there:
        box = Box(PATIENCE_S)

        def report(finding: Finding) -> None:
            found.append(finding)
            box.seconds = 0.0

        method = ModelMethod(there)
        await method.run(box, report)
        if found:
            again = await method.again(json.loads(json.dumps(found[0].replay)))
            assert again is not None, "it can be played again"
            assert again.complaint.requirement == found[0].complaint.requirement
    return found[0] if found else None


@pytest.mark.parametrize(
    ("mutant", "requirement", "steps"),
    [
        ("offer-survives-reading", "MBOX-2", 6),
        ("joining-twice-counts-twice", "ROOM-6", 3),
        ("one-room-too-many", "RATE-1", 2),
        ("offers-never-expire", "MBOX-4", 6),
    ],
)
def test_a_fault_is_found_and_made_short(mutant: str, requirement: str, steps: int) -> None:
    finding = asyncio.run(first_finding(mutant))
    assert finding is not None
    assert finding.complaint.requirement == requirement
    assert finding.minimal and len(finding.replay["actions"]) <= steps
    assert finding.exchanges[-1]["operation"] == finding.operation
    assert finding.complaint.wanted and finding.complaint.got


def test_the_reference_server_is_not_accused_and_the_same_seed_does_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plays: list[Sequence[Action]] = []
    teardown = Machine.teardown

    def noted(machine: Machine) -> None:
        plays.append(machine.player.actions)
        teardown(machine)
        if len(plays) > PLAYS:
            boxes[-1].stopped.set()

    async def run() -> list[Sequence[Action]]:
        plays.clear()
        boxes.append(Box(PATIENCE_S))
        async with arena(seed=3) as there:
            method = ModelMethod(there)
            await method.run(boxes[-1], found.append)
            assert method.covered.requests > 0
            assert method.covered.cases == len(plays)
        return plays[:-1]  # the last was cut off

    monkeypatch.setattr(Machine, "teardown", noted)
    found: list[Finding] = []
    boxes: list[Box] = []
    one, other = asyncio.run(run()), asyncio.run(run())
    both = min(len(one), len(other))
    assert both >= PLAYS and one[:both] == other[:both]
    assert found == []


def test_without_test_control_it_explores_all_the_same() -> None:
    async def run() -> dict[str, int]:
        async with arena(time="real") as there:
            method = ModelMethod(there)
            for seconds in (2.0, 10.0, 50.0):  # a busy machine may do nothing within the first
                await method.run(Box(seconds), found.append)
                if method.covered.accepted:
                    break
            return method.covered.accepted

    found: list[Finding] = []
    assert asyncio.run(run())
    assert found == []


def test_it_ends_when_it_is_told_to() -> None:
    async def run() -> float:
        async with arena() as there:
            box = Box(PATIENCE_S)
            loop = asyncio.get_running_loop()
            loop.call_later(0.5, box.stopped.set)
            started = loop.time()
            await ModelMethod(there).run(box, lambda finding: None)
            return loop.time() - started

    assert asyncio.run(run()) < PATIENCE_S / 2


def test_a_finding_is_not_lost_where_no_time_is_left_to_make_it_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(by_model, "SHRINK_S", 0.0)
    finding = asyncio.run(first_finding("one-room-too-many"))
    assert finding is not None and not finding.minimal


def _bare(*of: object) -> Iterable[Complaint]:
    yield Complaint("HDR-2", "header X-Frame-Options", "DENY", "none")


def test_an_answer_that_is_wrong_by_itself_ends_no_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with arena("one-room-too-many") as there:
            player = Player(there, Covered(), Box(PATIENCE_S))
            await player.open()
            budget = there.world.spec.operation("createRoom").budget
            assert budget is not None
            found = await player.play(Action("createRoom", makes="a", times=budget.limit + 1))
            assert player.steps == budget.limit + 1
            assert [one.verdict.complaint.requirement for one in found] == ["HDR-2", "RATE-1"]
            assert player.lost
            await player.close()

    monkeypatch.setattr(oracle, "RULES", (*oracle.RULES, _bare))
    asyncio.run(run())


def test_of_what_is_wrong_the_one_that_the_replay_is_about_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> None:
        async with arena("one-room-too-many") as there:
            budget = there.world.spec.operation("createRoom").budget
            assert budget is not None
            action = Action("createRoom", makes="a", times=budget.limit + 1)
            replay = {"actions": [action.as_json()]}
            for requirement, where in (("RATE-1", "status"), ("HDR-2", "header X-Frame-Options")):
                about = {"requirement": requirement, "where": where}
                found = await ModelMethod(there).again({**replay, "about": about})
                assert found is not None and found.about == about
            other = {"requirement": "ROOM-5", "where": "status"}
            assert await ModelMethod(there).again({**replay, "about": other}) is None
            assert await ModelMethod(there).again(replay) is not None

    monkeypatch.setattr(oracle, "RULES", (*oracle.RULES, _bare))
    asyncio.run(run())


def test_people_of_a_list_come_again_so_that_no_budget_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with arena("one-room-too-many") as there:
            monkeypatch.setattr(Minter, "capacity", len(there.world.spec.operations))
            method = ModelMethod(there)
            budget = there.world.spec.operation("createRoom").budget
            assert budget is not None
            action = Action("createRoom", makes="a", times=budget.limit + 2)
            assert await method.again({"actions": [action.as_json()]}) is None

    asyncio.run(run())


def test_what_is_no_replay_is_refused() -> None:
    async def run() -> None:
        async with arena() as there:
            for value in ({}, {"actions": 3}, {"actions": [{"does": "x"}]}):
                with pytest.raises(ValueError, match="expected actions"):
                    await ModelMethod(there).again(value)

    asyncio.run(run())


def test_actions_are_made_few_and_plain() -> None:
    noise = [Action("listRooms", who) for who in range(3)]
    needed = [Action("createRoom", 1, makes="a", details=("named",)), Action("leaveRoom", 1, "a", times=9)]
    tried = []

    async def fails(actions: Sequence[Action]) -> bool:
        tried.append(list(actions))
        done = [action.do for action in actions]
        return "createRoom" in done and any(one.do == "leaveRoom" and one.times > 1 for one in actions)

    found, done = asyncio.run(minimised([*noise, needed[0], *noise, needed[1], *noise], fails, lambda: False))
    assert done
    assert found == [Action("createRoom", 1, makes="a"), Action("leaveRoom", 1, "a", times=2)]
    assert len(tried) == len({str(one) for one in tried}), "nothing is tried twice"
    left, done = asyncio.run(minimised([*noise, *needed], fails, lambda: True))
    assert not done and left == [*noise, *needed]


def test_its_operations_are_those_of_the_spec() -> None:
    assert OPERATIONS.keys() <= SPEC.operations.keys()
    budgets = {name for name in OPERATIONS if SPEC.operation(name).budget is not None}
    assert BUDGETS.keys() == budgets
    for name, requirement in BUDGETS.items():
        assert SPEC.requirement(requirement).operations == (name,)
