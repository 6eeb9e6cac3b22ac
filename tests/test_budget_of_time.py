"""A run with a time budget: the order of its checks, what it leaves out, and what it says it is worth."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from engine_kit import job, run, verdicts
from hypothesis import given
from hypothesis import strategies as st
from report_kit import card, footer, report
from report_kit import verdict as made

from conformance.budget import Budget
from conformance.engine import Engine
from conformance.registry import CHECKS, OBSERVERS, Job, jobs_of, load_checks
from e2e import budget as end_to_end
from e2e import registry, scope
from e2e.options import Settings
from parley.cli import main
from protocol.spec import load
from reports import runlog
from reports.verdicts import Verdict
from suite import worth
from suite.expectations import expect
from suite.worth import Worth

SPEC = load()
SCHEMA = Path(runlog.__file__).parent / "schemas" / "runlog.schema.json"
SIMPLE = Worth(
    {"A-1 a": frozenset({"x", "y"}), "A-1 b": frozenset({"y"}), "B-1 c": frozenset({"z"})},
    {"A-1 a": 2.0, "A-1 b": 0.5, "B-1 c": 4.0, "C-1 d": 9.0, "C-1 e": 1.0, "D-1 f": 3.0},
)

# -- the order


def test_most_mutants_a_second_come_first_and_a_mutant_counts_once() -> None:
    # b finds y at 2 a second, then a only x at 0.5, then c. Of the rest D-1 is decided before C-1.
    order = SIMPLE.in_order(["C-1 d", "C-1 e", "D-1 f", "B-1 c", "A-1 a", "A-1 b"])
    assert order == ["A-1 b", "A-1 a", "B-1 c", "D-1 f", "C-1 d", "C-1 e"]


def test_a_check_that_finds_nothing_new_waits_with_those_that_find_nothing() -> None:
    known = Worth({"A-1 a": frozenset({"x"}), "A-1 b": frozenset({"x"})}, {"A-1 a": 1.0, "A-1 b": 5.0})
    assert known.in_order(["A-1 b", "A-1 a"]) == ["A-1 a", "A-1 b"]


def test_the_cost_of_an_unknown_check_is_the_median_and_nothing_is_free() -> None:
    assert SIMPLE.cost("Z-9 new") == 2.5
    assert Worth({}, {}).cost("Z-9 new") == worth.UNKNOWN_S
    assert Worth({}, {"A-1 a": 0.0}).cost("A-1 a") == worth.LEAST_S


def test_rounds_are_the_order_in_parts_of_about_so_many_seconds() -> None:
    assert SIMPLE.rounds(["A-1 a", "A-1 b", "B-1 c", "D-1 f"], 2.0) == [
        ["A-1 b", "A-1 a"],
        ["B-1 c"],
        ["D-1 f"],
    ]
    assert SIMPLE.rounds([], 2.0) == [[]]


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.frozensets(st.sampled_from("uvwxyz"))),
    st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 10)),
    st.floats(0.1, 10),
)
def test_every_check_is_in_exactly_one_round(
    kills: dict[str, frozenset[str]], seconds: dict[str, float], part: float
) -> None:
    rounds = Worth(kills, seconds).rounds("abcdefgh", part)
    assert sorted(check for one in rounds for check in one) == list("abcdefgh")


def test_what_ships_names_checks_that_there_are() -> None:
    load_checks()
    registry.load_checks()
    known = {one.id for check in CHECKS for one in jobs_of(check, SPEC)}
    known |= {f"{item.requirement.id} {item.check.name}" for item in scope.items_of(SPEC)}
    shipped = worth.shipped()
    assert set(shipped.seconds) <= known
    assert set(shipped.kills) <= known | {f"{one.requirement} {one.name}" for one in OBSERVERS}
    jobs = [one.id for check in CHECKS for one in jobs_of(check, SPEC)]
    assert len(shipped.seconds) > 0.9 * len(jobs)
    assert len(shipped.mutants) > 300


def test_without_the_data_nothing_is_known(tmp_path: Path) -> None:
    assert worth.shipped(tmp_path / "matrix", tmp_path / "costs") == Worth({}, {})


# -- the engine


async def first() -> None:
    expect(1, "one").equals(1)


async def second() -> None:
    expect(1, "one").equals(1)


async def endless() -> None:
    expect(1, "one").equals(1)
    await asyncio.sleep(3600)


def by_name(jobs: list[Job]) -> list[list[Job]]:
    return [[one] for one in sorted(jobs, key=lambda job: job.check.name)]


def test_rounds_are_begun_one_after_the_other() -> None:
    began: list[str] = []

    def told(name: str) -> Any:
        async def check() -> None:
            began.append(f"{name} begins")
            await asyncio.sleep(0)
            expect(1, "one").equals(1)
            began.append(f"{name} ends")

        check.__name__ = name
        return check

    run([job(told("b")), job(told("a"), "ROOM-5")], rounds=by_name)
    assert began == ["a begins", "a ends", "b begins", "b ends"]


def test_what_there_is_no_time_for_is_not_run_for_want_of_time(tmp_path: Path) -> None:
    # `endless` is under way when the time is over, `second` was never begun.
    records = run([job(second, "ROOM-5"), job(endless), job(first, "ROOM-7")], budget_s=0.3, rounds=by_name)
    found = verdicts(records)
    assert {(one["verdict"], one["reason"], one["cause"]) for one in (found["endless"], found["second"])} == {
        ("not-run", worth.SPENT, "time")
    }
    assert found["first"]["verdict"] == "not-run"
    passed = verdicts(run([job(first)], budget_s=300, rounds=by_name))
    assert passed["first"]["verdict"] == "pass"


def test_a_run_that_was_stopped_says_so_budget_or_not() -> None:
    async def stop(engine: Engine) -> None:
        await asyncio.sleep(0.05)
        engine.stop("interrupted")

    found = verdicts(run([job(endless)], during=stop, budget_s=30, rounds=by_name))
    assert (found["endless"]["reason"], found["endless"]["cause"]) == ("interrupted", "stopped")


# -- peers and browsers


def items() -> list[scope.Item]:
    registry.load_checks()
    target = scope.target_of(Settings(), SPEC)
    return [item for item in scope.items_of(SPEC) if scope.wanted(item, target, Settings())]


PROCESSES = {"peers": 1, "browser": 3}


def test_without_room_for_a_process_nobody_is_sent() -> None:
    assert end_to_end.within(items(), end_to_end.STARTS_S - 1, PROCESSES, SIMPLE) == frozenset()


def test_with_room_for_all_all_are_asked() -> None:
    every = {item.requirement.id for item in items()}
    assert end_to_end.within(items(), 3600, PROCESSES, SIMPLE) == every


@pytest.mark.parametrize("seconds", [12, 20, 30])
def test_what_is_chosen_fits_and_finds_more_than_what_is_cheapest(seconds: float) -> None:
    shipped, every = worth.shipped(), items()
    chosen = end_to_end.within(every, seconds, PROCESSES, shipped)
    asked = [item for item in every if item.requirement.id in chosen]
    for side, of in PROCESSES.items():
        for share in scope.shared_out([item for item in asked if item.side == side], of):
            assert sum(item.check.takes_s for item in share) <= seconds - end_to_end.STARTS_S
    by_cost = end_to_end.within(every, seconds, PROCESSES, Worth({}, {}))

    def found(names: frozenset[str]) -> int:
        asked = [item for item in every if item.requirement.id in names]
        return len(shipped.found_by(f"{item.requirement.id} {item.check.name}" for item in asked))

    assert chosen
    assert found(chosen) >= found(by_cost)


# -- what it says


def test_a_run_knows_what_it_is_worth() -> None:
    budget = Budget(60)
    whole = budget.kept(list(SPEC.requirements))
    assert whole == {"seconds": 60, "mutants": 0, "of": len(worth.shipped().mutants)}
    check = next(check for check in sorted(worth.shipped().kills) if "[" not in check)
    requirement, _, name = check.partition(" ")
    budget(made(requirement, Verdict.NOT_RUN, check=name))
    assert budget.kept([requirement])["mutants"] == 0
    budget(made(requirement, Verdict.PASS, check=name))
    kept = budget.kept([requirement])
    assert kept["mutants"] == len(worth.shipped().kills[check])
    assert 0 < kept["mutants"] <= kept["of"] < whole["of"]
    assert budget.kept(["HDR-3"])["mutants"] == 0


def test_the_score_card_says_so(tmp_path: Path) -> None:
    end = footer(budget={"seconds": 60.0, "mutants": 12, "of": 30})
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8"))).validate(end)
    shown = card(report(tmp_path, [made("MBOX-2", Verdict.PASS)], budget=end["budget"]))
    assert "Budget     60 s  the checks that ran find 12 of the 30 wrong servers and widgets" in shown


def test_a_budget_is_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "--budget", "soon"]) == 2
    assert (
        "--budget: expected a time of 1s to 24h such as 20s, 5m or 1h, got 'soon'" in capsys.readouterr().err
    )
