"""One master and several workers, each started by itself as on machines of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from load_kit import complaints
from load_runs import PATIENCE_S, Run, start, until
from score_kit import free_port
from server_kit import SECRET, ServerProcess

from load.running import LOCUSTFILE
from reports.load import LoadView
from reports.objectives import judge
from reports.verdicts import Verdict

WORKERS = 3
USERS = 11  # of the profile of load_runs


class Many:
    """A master and its workers. Only the master has a profile's record to write."""

    def __init__(self, folder: Path, *, seconds: float) -> None:
        folder.mkdir()
        port = str(free_port())
        master = ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port]
        words = [*master, "--expect-workers", str(WORKERS), "--enable-rebalancing"]
        self.master = start(folder / "master", *words, seconds=seconds)
        reached = ["--worker", "--master-host", "127.0.0.1", "--master-port", port]
        self.workers = [
            start(folder / f"worker{number}", *reached, seconds=seconds) for number in range(WORKERS)
        ]

    def kill(self) -> None:
        for run in (self.master, *self.workers):
            run.kill()

    def record(self) -> dict[str, Any]:
        return self.master.record()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Many]]:
    """Both at once, since they mostly wait."""
    base = tmp_path_factory.mktemp("many")
    found = {
        "whole": Many(base / "whole", seconds=8),
        "bereft": Many(base / "bereft", seconds=20),
    }
    try:
        # Here, where nothing comes before it: while the other is waited for, this run would come to its end.
        until(lambda: found["bereft"].master.live)
        os.kill(found["bereft"].workers[0].process.pid, signal.SIGKILL)
        yield found
    finally:
        for many in found.values():
            many.kill()


def ended(run: Run) -> int:
    return run.process.wait(PATIENCE_S)


def test_what_the_workers_did_adds_up(runs: dict[str, Many]) -> None:
    record = runs["whole"].record()
    assert complaints(record) == []
    assert (record["stopped"], record["generator"]["lost"]) == ("", [])
    assert record["generator"]["processes"] == WORKERS
    totals = record["totals"]
    for whole in ("requests", "errors"):
        assert totals[whole] == sum(one[whole] for one in record["operations"].values()) > 0
        assert totals[whole] == record["reads"][whole] + record["writes"][whole]
    measured = [point for point in record["series"] if point["phase"] == "steady"]
    # A request counts in the phase in which it was meant to begin, and is shown where it ended: of each
    # user one may lie across the border of the warm-up, and one across the end.
    shown = sum(point["requests"] for point in measured)
    assert abs(totals["requests"] - shown) <= 2 * USERS
    assert totals["errors"] == sum(fault["measured"] for fault in record["faults"])


def test_there_are_as_many_users_as_the_profile_says_not_as_many_for_each_worker(
    runs: dict[str, Many],
) -> None:
    record = runs["whole"].record()
    assert max(point["users"] or 0 for point in record["series"]) == USERS
    # Ten requests a second each: with users for every worker there would be three times as many.
    assert record["totals"]["requests"] <= USERS * 10 * (record["measured_s"] + 1)


def test_workers_end_with_their_master(runs: dict[str, Many]) -> None:
    many = runs["whole"]
    assert ended(many.master) == 0
    assert [ended(worker) for worker in many.workers] == [0] * WORKERS


def test_a_worker_that_is_killed_is_told_and_does_not_spoil_the_run(runs: dict[str, Many]) -> None:
    record = runs["bereft"].record()
    assert complaints(record) == []
    assert record["stopped"] == ""
    [lost] = record["generator"]["lost"]
    assert 1 <= lost["users"] <= USERS - 1
    assert 0 < lost["s"] < record["seconds"]
    assert lost["worker"] in " ".join(LoadView(record).lost)
    # Its users are with the others from then on, and what it measured until then is still counted.
    assert [point["users"] for point in record["series"]][-2] == USERS
    assert record["totals"]["requests"] == sum(one["requests"] for one in record["operations"].values())
    found = {objective.name: objective.verdict for objective in judge(record)}
    assert found["read_p95_ms"] is not Verdict.FAIL


# -- and with the real users, at a real server


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The record of a run of `smoke` in which a worker is killed in the middle."""
    folder = tmp_path_factory.mktemp("real")
    file, measures, port = folder / "target.toml", folder / "measures.json", str(free_port())
    processes: list[subprocess.Popen[bytes]] = []
    with ServerProcess(folder) as server:
        file.write_text(f'base_url = "{server.url}"\n[tokens]\nsecret = "{SECRET}"\n', encoding="utf-8")

        def locust(*words: str) -> subprocess.Popen[bytes]:
            told = [
                "-f",
                str(LOCUSTFILE),
                "--load-profile",
                "smoke",
                "--for",
                "20",
                "--target-file",
                str(file),
            ]
            with (folder / f"log{len(processes)}").open("wb") as log:
                command = [sys.executable, "-m", "locust", *told, *words]
                processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=folder))
            return processes[-1]

        try:
            bind = ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]
            ends = ["--headless", "--exit-code-on-error=0", "--measures", str(measures)]
            master = locust("--master", *bind, "--expect-workers", "3", "--enable-rebalancing", *ends)
            reached = ["--worker", "--master-host", "127.0.0.1", "--master-port", port]
            workers = [locust(*reached) for _ in range(3)]
            live = measures.with_suffix(".live")
            until(live.exists)
            workers[0].kill()
            master.wait(120)
            log = (folder / "log0").read_text(encoding="utf-8")
            assert measures.exists(), log
            yield json.loads(measures.read_text(encoding="utf-8"))
        finally:
            for process in processes:
                process.kill()
                process.wait()


def test_real_users_of_a_lost_worker_accuse_nobody(real: dict[str, Any]) -> None:
    """Its rooms and their mail are left behind with nobody in them: that is no fault of the target."""
    assert complaints(real) == []
    assert len(real["generator"]["lost"]) == 1 and real["stopped"] == ""
    assert real["faults"] == [] and real["totals"]["errors"] == 0
    promises = judge(real)[-1]
    # A busy machine may be the limit; then nothing is decided.
    assert promises.verdict in (Verdict.PASS, Verdict.NOT_RUN), promises.reason
    assert promises.got == 0


def test_real_users_are_shared_by_the_workers_that_are_left(real: dict[str, Any]) -> None:
    asked = sum(real["users"].values())
    assert {point["users"] for point in real["series"][-3:]} == {asked}
    totals = real["totals"]["requests"]
    assert totals == sum(one["requests"] for one in real["operations"].values()) > 0
