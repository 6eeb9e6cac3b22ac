"""An attack: turns, what is one finding, trying again, stopping; with methods made here."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from explore_kit import arena
from report_kit import SPEC

from conformance.explore import attack as attack_module
from conformance.explore import method as method_module
from conformance.explore.attack import AGAIN, MOST_OF_ONE, Attack
from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box
from conformance.explore.result import result as result_of
from conformance.explore.stage import Arena, Report
from protocol.whose import SHAPES
from reports import attack as reporting
from reports.reproduction.fault import Complaint
from suite.durations import DurationError, seconds_of

SCHEMA = Path(reporting.__file__).parent / "schemas" / "attack.schema.json"
STUCK_S = 120.0
FIRST_S = 0.2


class Passed:
    """Time that only the methods here let pass: by the clock a busy machine would do without some turns."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def box(self, seconds: float) -> Box:
        return Box(seconds, started=self.now)


TIME = Passed()


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attack_module, "FIRST_S", FIRST_S)
    monkeypatch.setattr(attack_module, "SHORTEST_S", 0.01)
    monkeypatch.setattr(attack_module, "TICK_S", 0.05)


def finding(what: str = "it is asked twice", requirement: str | None = "MBOX-2") -> Finding:
    record = {
        "type": "exchange",
        "actor": "alice",
        "operation": "getOffer",
        "started": 1.0,
        "ended": 2.0,
        "request": {
            "method": "GET",
            "path": "/signaling/offer/room_x",
            "headers": [["Cookie", "auth_token=«alice token»"]],
            "body": {"bytes": 0},
            "curl": 'curl -sS http://127.0.0.1:1/ -H "$ALICE_TOKEN"',
        },
        "answer": {"status": 200, "headers": [], "body": {"bytes": 9, "json": {"a": "<script>"}}},
    }
    complaint = Complaint(requirement, "status", "404", "200 <script>", "status_in", {"statuses": [404]})
    return Finding("one", what, "getOffer", complaint, [record], {"steps": [1]})


class Scripted:
    """A method that reports what it was told to at its first turn, and counts."""

    def __init__(self, name: str, findings: list[Finding], *, again: bool = True) -> None:
        self.name = name
        self.covered = Covered()
        self.findings = findings
        self.comes_again = again
        self.turns: list[float] = []
        self.tried = 0

    async def run(self, box: Box, report: Report) -> None:
        self.turns.append(box.seconds)
        self.covered.cases += 1
        for one in self.findings:
            report(one)
        TIME.now += box.left_s
        await asyncio.sleep(0)

    async def again(self, replay: Mapping[str, Any]) -> Finding | None:
        self.tried += 1
        return self.findings[0] if self.comes_again else None


class Broken(Scripted):
    async def run(self, box: Box, report: Report) -> None:
        raise ValueError("a fault of ours")


class Deaf(Scripted):
    """Does not hear that it should stop."""

    async def run(self, box: Box, report: Report) -> None:
        self.turns.append(box.seconds)
        await asyncio.sleep(STUCK_S)


async def attacked(there: Arena, *methods: Any, seconds: float = FIRST_S, **how: Any) -> dict[str, Any]:
    attack = Attack(there, methods, seconds, **how)
    await attack.run()
    return result_of(attack)


def run(*methods: Any, **how: Any) -> dict[str, Any]:
    async def inside() -> dict[str, Any]:
        async with asyncio.timeout(STUCK_S), arena() as there:
            return await attacked(there, *methods, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attack_module, "time", TIME)
        patch.setattr(attack_module, "Box", TIME.box)
        patch.setattr(method_module, "time", TIME)
        return asyncio.run(inside())


def test_methods_take_turns_and_the_result_is_as_published(tmp_path: Path) -> None:
    one = Scripted("one", [finding(), finding(), finding("it is asked thrice", None)])
    other = Scripted("other", [])
    result = run(one, Broken("broken", []), other, seconds=10 * FIRST_S)
    jsonschema_rs.validate(json.loads(SCHEMA.read_text(encoding="utf-8")), result, validate_formats=True)
    assert one.turns[:2] == [FIRST_S, 2 * FIRST_S] and other.turns[0] == FIRST_S
    met = {found["what"]: (found["level"], found["times"] - len(one.turns)) for found in result["findings"]}
    assert met == {"it is asked twice": ("MUST", len(one.turns)), "it is asked thrice": (None, 0)}
    # What comes again is the first of the two.
    assert [(found["again"], found["tried"]) for found in result["findings"]] == [(AGAIN, AGAIN), (0, AGAIN)]
    assert [method["error"] for method in result["methods"]] == ["", "ValueError: a fault of ours", ""]
    assert "createRoom" in result["shallow"] and "health" not in result["shallow"]
    assert reporting.exit_code(result) == 1
    reporting.write(result, tmp_path)
    folders = sorted(path.name for path in (tmp_path / "findings").iterdir())
    assert folders == ["01-MBOX-2-getOffer", "02-other-getOffer"]
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert json.loads((tmp_path / "findings" / folders[0] / "replay.json").read_text())["replay"] == {
        "steps": [1],
        "about": {"requirement": "MBOX-2", "where": "status"},
    }
    compile((tmp_path / "findings" / folders[0] / "test_finding.py").read_text(), "test_finding.py", "exec")


def test_what_does_not_come_again_is_said_and_kept() -> None:
    (found,) = run(Scripted("one", [finding()], again=False))["findings"]
    assert (found["again"], found["tried"]) == (0, AGAIN)


def test_one_requirement_fills_no_report() -> None:
    many = [finding(f"way {number}") for number in range(3 * MOST_OF_ONE)]
    assert len(run(Scripted("one", many))["findings"]) == MOST_OF_ONE


def test_it_can_be_stopped_although_a_method_does_not_hear() -> None:
    async def inside() -> dict[str, Any]:
        async with asyncio.timeout(STUCK_S), arena() as there:
            attack = Attack(there, [Scripted("one", [finding()]), Deaf("deaf", [])], 3600.0)
            asyncio.get_running_loop().call_later(2 * FIRST_S, attack.stop, "interrupted")
            await attack.run()
            return result_of(attack)

    started = time.monotonic()
    result = asyncio.run(inside())
    assert result["stopped"] == "interrupted" and len(result["findings"]) == 1
    assert time.monotonic() - started < STUCK_S


def test_the_first_finding_of_each_is_enough_where_that_is_asked() -> None:
    one, other = Scripted("one", [finding()]), Scripted("other", [])
    run(one, other, seconds=10 * FIRST_S, only_first=True)
    assert len(one.turns) == 1 and len(other.turns) >= 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"shallow": ["createRoom"]}, 2),
        ({"methods": [{"name": "a", "cases": 9, "error": ""}, {"name": "b", "cases": 0, "error": ""}]}, 2),
        ({"stopped": "interrupted"}, 2),
        ({"methods": [{"name": "a", "cases": 1, "error": "ValueError"}]}, 3),
        ({"findings": [{"level": "SHOULD", "expected": None}]}, 0),
        ({"findings": [{"level": "MUST", "expected": None}], "shallow": ["createRoom"]}, 1),
        ({"findings": [{"level": None, "expected": None}]}, 1),
        ({"findings": [{"level": "MUST", "expected": "known"}]}, 0),
    ],
)
def test_the_exit_code_says_what_was_decided(changes: dict[str, Any], code: int) -> None:
    method = {"name": "one", "cases": 1, "error": ""}
    good: dict[str, Any] = {"findings": [], "shallow": [], "stopped": "", "methods": [method]}
    assert reporting.exit_code({**good, **changes}) == code


@pytest.mark.parametrize(
    ("text", "seconds"), [("20s", 20), ("5m", 300), ("1h", 3600), ("90", 90), ("1.5m", 90)]
)
def test_how_long_is_said_as_people_say_it(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "5 minutes", "-1s", "25h", "1d", "nan"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(DurationError, match="--for: expected a time of 1s to 24h"):
        seconds_of(text)


def test_every_requirement_of_the_oracle_is_one_of_the_spec() -> None:
    assert set(SHAPES.values()) <= set(SPEC.requirements)


class Other(Scripted):
    """Brings another finding when it is asked for one again."""

    async def again(self, replay: Mapping[str, Any]) -> Finding | None:
        assert replay["about"] == finding().about
        return finding(requirement="HDR-2")


def test_another_finding_is_not_the_same_come_again() -> None:
    (found,) = run(Other("one", [finding()]))["findings"]
    assert (found["again"], found["tried"]) == (0, AGAIN)


class Slow(Scripted):
    """Waits for a target that does not answer, and tells what it has when it is given up."""

    async def run(self, box: Box, report: Report) -> None:
        try:
            while True:
                TIME.now += FIRST_S
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            report(finding())
            raise


def test_a_slow_target_is_no_fault_of_ours_and_loses_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attack_module, "OVERRUN_S", 0.1)
    result = run(Slow("slow", [finding()]))
    assert [method["error"] for method in result["methods"]] == [""]
    assert "was still waiting for the target" in result["methods"][0]["notes"][0]
    assert len(result["findings"]) == 1


def test_there_is_time_for_each_in_the_first_round() -> None:
    methods = [Scripted(str(number), []) for number in range(4)]
    run(*methods, seconds=2 * FIRST_S)
    assert all(method.turns for method in methods)
