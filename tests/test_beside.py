"""The records of the end-to-end processes, as they become part of a run's own log."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from e2e import registry, scope
from parley import beside
from parley.beside import Beside, Share
from protocol.mint import Minter
from protocol.spec import load
from reports import runlog
from reports.runlog import Record, verdict_record
from reports.verdicts import Verdict

SPEC = load()
NOTHING: dict[str, Any] = {
    "target": None,
    "target_file": None,
    "spec_dir": None,
    "mutant": None,
    "profile": [],
    "requirement": [],
    "seed": 1,
    "confirm": 1,
    "nightly": False,
    "run_dir": None,
    "app_url": None,
    "network": "loopback",
    "turn": "auto",
    "turn_image": None,
    "turn_port": 0,
    "turn_secret_env": None,
    "turn_url": [],
    "turn_username": None,
    "turn_credential_env": None,
}


def item(requirement: str, *, fitness: bool) -> scope.Item:
    registry.load_checks()
    return next(i for i in scope.items_of(SPEC) if (i.requirement.id, i.fitness) == (requirement, fitness))


class Log:
    """The run log of a process, written to bit by bit, and what its follower made of it."""

    def __init__(self, folder: Path) -> None:
        place = folder / "e2e-peers"
        place.mkdir()
        self.file = place / runlog.FILE
        self.found: list[Record] = []
        self.follower = beside._Follower(place, folder, 2_000_000, self.found.append)

    def write(self, *parts: Record | str) -> bool:
        with self.file.open("a", encoding="utf-8") as file:
            file.writelines(p if isinstance(p, str) else json.dumps(p) + "\n" for p in parts)
        return self.follower.look()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


EXCHANGE: Record = {"type": "exchange", "id": 7}


def test_there_may_be_no_log_yet(log: Log) -> None:
    assert log.follower.look() is False


def test_a_line_is_handed_on_once_it_is_whole(log: Log) -> None:
    line = json.dumps(EXCHANGE) + "\n"
    assert log.write(line[:9]) is False
    assert log.write(line[9:]) is True
    assert log.write() is False
    assert [record["id"] for record in log.found] == [2_000_007]


def test_exchanges_are_numbered_anew_wherever_they_are_named(log: Log) -> None:
    judged = {"type": "expectation", "exchange": 7}
    log.write(EXCHANGE, judged, {"type": "expectation", "exchange": None})
    assert [record.get("id", record.get("exchange")) for record in log.found] == [2_000_007, 2_000_007, None]


def test_header_footer_and_what_no_check_decided_are_the_runs_own(log: Log) -> None:
    excluded = verdict_record("WID-9", None, Verdict.NOT_RUN, "later", cause="excluded")
    log.write({"type": "header"}, excluded, {"type": "footer"})
    assert log.found == []


def test_artifacts_are_found_from_the_runs_folder(log: Log) -> None:
    made = verdict_record("PEER-3", "a_check", Verdict.FAIL, "why")
    log.write({**made, "artifacts": ["artifacts/x/console.log"]})
    assert log.found[0]["artifacts"] == ["e2e-peers/artifacts/x/console.log"]


def test_fitness_does_not_decide_for_the_widget(log: Log) -> None:
    mine, theirs = item("PEER-3", fitness=True), item("PEER-3", fitness=False)
    made = verdict_record("PEER-3", mine.check.name, Verdict.PASS, "")
    log.write({**made, "as": "fitness"})
    assert log.follower.decided(mine)
    assert not log.follower.decided(theirs)


@pytest.mark.parametrize("fitness", [True, False])
def test_what_a_dead_process_did_not_decide_is_our_error(fitness: bool) -> None:
    record = beside._undecided(item("PEER-3", fitness=fitness), "its process ended with -9: ", None)
    assert record["verdict"] == Verdict.HARNESS_ERROR
    assert (record.get("as") == "fitness") is fitness


def test_what_was_stopped_is_not_run() -> None:
    record = beside._undecided(item("WID-2", fitness=False), "interrupted", "stopped")
    assert (record["verdict"], record["cause"]) == (Verdict.NOT_RUN, "stopped")


def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> list[Record]:
    """What comes of a process that does this in place of the checks of one share."""
    suite = Beside(NOTHING, SPEC)
    monkeypatch.setattr(suite, "_command", lambda *share: [sys.executable, "-c", script])
    found: list[Record] = []
    share = Share("peers", 1, 1, [item("PEER-3", fitness=True)])
    asyncio.run(suite._process(1, share, None, tmp_path, 1, found.append))
    return found


def test_a_process_that_dies_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = ran(tmp_path, monkeypatch, "import sys; sys.exit('out of memory')")
    assert found["verdict"] == Verdict.HARNESS_ERROR
    assert found["reason"] == "its process ended with 1: out of memory"


def test_a_process_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit_s = item("PEER-3", fitness=True).check.limit_s
    monkeypatch.setattr(beside, "SILENCE_S", 0.2 - limit_s)
    monkeypatch.setattr(beside, "STOP_S", 0.2)
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(300)"
    started = time.monotonic()
    (found,) = ran(tmp_path, monkeypatch, deaf)
    assert time.monotonic() - started < 60
    assert found["verdict"] == Verdict.HARNESS_ERROR
    assert "said nothing for" in found["reason"]


@pytest.mark.parametrize(("port", "at_once"), [(0, True), (3478, False)])
def test_a_chosen_turn_port_is_one_process_at_a_time(
    port: int, at_once: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = Beside({**NOTHING, "turn_port": port}, SPEC)
    target = suite.target(scope.target_of(suite._settings, SPEC))
    running: set[int] = set()
    most = 0

    async def process(number: int, *others: Any) -> None:
        nonlocal most
        running.add(number)
        most = max(most, len(running))
        await asyncio.sleep(0)
        running.discard(number)

    monkeypatch.setattr(suite, "_process", process)
    asyncio.run(suite.run(Minter(SPEC, target), tmp_path, 1, "", lambda record: None, None))
    assert (most > 1) is at_once


def test_of_a_budget_the_processes_do_what_there_is_time_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = Beside(NOTHING, SPEC)
    suite.target(scope.target_of(suite._settings, SPEC))
    found: list[Record] = []
    asked: set[str] = set()

    async def process(number: int, share: Share, people: Path | None, *others: Any) -> None:
        command = suite._command(share, people, tmp_path, 1)
        named = {command[place + 1] for place, word in enumerate(command) if word == "--requirement"}
        assert {item.requirement.id for item in share.items} <= named
        asked.update(named)

    monkeypatch.setattr(suite, "_process", process)
    target = scope.target_of(suite._settings, SPEC)
    asyncio.run(suite.run(Minter(SPEC, target), tmp_path, 1, "", found.append, 20.0))
    left_out = {record["requirement"] for record in found}
    assert {(record["verdict"], record["cause"]) for record in found} == {("not-run", "time")}
    assert left_out and asked and not left_out & asked


def test_what_a_budget_interrupts_is_not_run_for_want_of_time(tmp_path: Path) -> None:
    suite = Beside(NOTHING, SPEC)
    found: list[Record] = []
    emit = suite._in_our_words(found.append)
    cut = verdict_record("PEER-1", "a", Verdict.NOT_RUN, "interrupted", cause="stopped")
    emit(cut)
    suite._budget_is_spent()
    emit(cut)
    assert [(record["reason"], record["cause"]) for record in found] == [
        ("interrupted", "stopped"),
        ("the time budget was over before this was decided", "time"),
    ]
