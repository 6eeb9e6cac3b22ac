"""The recorder in real Locust processes: headless, interrupted, saturated, distributed, by strangers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from load_kit import complaints
from load_runs import Run, start, until
from score_kit import free_port

from reports.objectives import judge
from reports.verdicts import Verdict


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    """All at once, since they mostly wait."""
    base = tmp_path_factory.mktemp("runs")
    port = str(free_port())
    found = {
        "whole": start(base / "whole", pid=os.getpid()),
        "interrupted": start(base / "interrupted", seconds=600),
        # Its time runs while Locust still starts: of four seconds less than two were left, if any.
        "strange": start(base / "strange", "-u", "4", "-r", "4", "-t", "15s", "Stranger", seconds=None),
        "distributed": start(
            base / "distributed",
            "--processes",
            "2",
            "--master-bind-host",
            "127.0.0.1",
            "--master-bind-port",
            port,
            "--master-port",
            port,
            seconds=6,
        ),
        # 110 requests a second of 30 ms each are three times what a core can do
        "busy": start(base / "busy", seconds=6, busy=0.03),
    }
    found |= lossy(base)
    try:
        # Here, where nothing comes before it: while others are waited for, this run would come to its end.
        until(lambda: "(11 total users)" in (base / "master" / "log").read_text(encoding="utf-8"))
        found["two"].kill()
        yield found
    finally:
        for run in found.values():
            run.kill()


def test_a_run_is_recorded_without_its_warm_up(runs: dict[str, Run]) -> None:
    record = runs["whole"].record()
    assert complaints(record) == []
    assert (record["profile"], record["seed"], record["stopped"]) == ("profile", 7, "")
    assert record["measured_s"] == 5
    totals, reads, writes = record["totals"], record["reads"], record["writes"]
    shown = sum(point["requests"] for point in record["series"])
    assert 0 < totals["requests"] < shown
    assert reads["requests"] + writes["requests"] == totals["requests"]
    assert reads["corrected_ms"]["p50"] == pytest.approx(4, rel=0.01)
    assert writes["corrected_ms"]["p50"] == pytest.approx(9, rel=0.01)
    assert 5 < reads["requests"] / writes["requests"] < 15
    assert {point["phase"] for point in record["series"]} == {"warm-up", "steady"}
    assert max(point["users"] or 0 for point in record["series"]) == 11


def test_faults_of_the_target_come_cleaned_and_counted(runs: dict[str, Run]) -> None:
    record = runs["whole"].record()
    (fault,) = record["faults"]
    assert (fault["fault"], fault["requirement"]) == ("\\u001b[2Jtwice", "MBOX-2")
    assert fault["measured"] == record["totals"]["errors"] > 0
    assert judge(record)[-1].verdict is Verdict.FAIL


def test_each_second_is_told_while_the_run_goes_on(runs: dict[str, Run]) -> None:
    record = runs["whole"].record()
    told = runs["whole"].live
    assert told == record["series"][: len(told)]
    # The last two may still have been open at the end. A second in which nobody ran is in neither.
    assert len(told) >= len(record["series"]) - 2 > 0


def test_the_generator_and_the_memory_are_watched(runs: dict[str, Run]) -> None:
    record = runs["whole"].record()
    generator, memory = record["generator"], record["memory"]
    assert 0 < generator["cpu"] < 1
    assert generator["lag_ms"]["max"] >= generator["lag_ms"]["p50"] > 0
    assert generator["processes"] == 1
    assert memory["points"] >= 3
    assert memory["first_mb"] > 10


def test_an_interrupted_run_still_has_a_record(runs: dict[str, Run]) -> None:
    run = runs["interrupted"]
    until(lambda: len(run.live) >= 3)
    run.process.send_signal(signal.SIGINT)
    record = run.record()
    assert complaints(record) == []
    assert record["stopped"].startswith("stopped after ")
    assert record["stopped"].endswith(" of 602 s")
    assert record["totals"]["requests"] > 0
    assert 0 < record["measured_s"] < 600
    passed = [objective for objective in judge(record) if objective.verdict is Verdict.PASS]
    assert passed == []


def test_users_of_any_other_kind_are_measured_too_and_a_dead_target_is_no_harm(runs: dict[str, Run]) -> None:
    record = runs["strange"].record()
    assert complaints(record) == []
    assert (record["profile"], record["users"]) == ("", {"stranger": 4})
    assert set(record["operations"]) == {"/health", "/signaling/create-room"}
    assert record["totals"]["errors"] == record["totals"]["requests"] > 0
    assert (record["operations"]["/health"]["kind"], record["writes"]["requests"] > 0) == ("read", True)
    assert {fault["fault"].split(":")[0] for fault in record["faults"]} == {"ConnectionRefusedError"}
    assert judge(record, {"error_rate": 0.001})[0].verdict is Verdict.FAIL


def test_a_master_sums_its_workers(runs: dict[str, Run]) -> None:
    record = runs["distributed"].record()
    assert complaints(record) == []
    generator = record["generator"]
    assert (generator["processes"], generator["lost"]) == (2, [])
    assert generator["cpu"] > 0
    assert generator["lag_ms"]["p50"] is not None
    # 11 users, not 22; nothing twice
    assert max(point["users"] or 0 for point in record["series"]) == 11
    assert 0 < record["totals"]["requests"] <= 11 * 10 * 6 + 11
    assert record["totals"]["errors"] == sum(fault["measured"] for fault in record["faults"]) > 0
    assert record["reads"]["corrected_ms"]["p95"] == pytest.approx(4, rel=0.01)


def lossy(base: Path) -> dict[str, Run]:
    """A master with two workers of which the second is killed in the middle."""
    port = str(free_port())
    words = ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--expect-workers", "2"]
    master = start(base / "master", "--master", *words, seconds=14)
    workers = [start(base / name, "--worker", "--master-port", port, seconds=14) for name in ("one", "two")]
    return {"master": master, "one": workers[0], "two": workers[1]}


def test_a_lost_worker_is_told_and_the_others_go_on(runs: dict[str, Run]) -> None:
    record = runs["master"].record()
    assert complaints(record) == []
    (lost,) = record["generator"]["lost"]
    assert lost["users"] in (5, 6)  # of eleven
    assert 0 < lost["s"] < 16
    last = [point for point in record["series"] if point["s"] >= lost["s"] + 2]
    # In a second or two of them another process may have had the core.
    assert sum(point["requests"] > 0 for point in last) > len(last) / 2
    assert record["stopped"] == ""


def test_a_saturated_generator_is_no_pass(runs: dict[str, Run]) -> None:
    record = runs["busy"].record()
    assert record["generator"]["full_s"] >= 3
    assert "saturated" in record["generator"]["limit"]
    found = {objective.name: objective.verdict for objective in judge(record)}
    assert found["read_p95_ms"] is not Verdict.PASS
    assert found["write_p95_ms"] is not Verdict.PASS
