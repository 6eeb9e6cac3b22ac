"""Servers that are wrong in ways that a load shows: each is caught by the profile that should, by name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports import objectives, runlog
from reports.runlog import Record
from reports.verdicts import Verdict
from tests.score_kit import ROOT
from tests.server_kit import CONFIG, SECRET, ServerProcess

TRIES = 3
LOADED = str(Path(__file__).parent / "targets" / "loaded.py")


@dataclass
class Loaded:
    """A run of `parley load` that has ended."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def load(self) -> Record:
        return runlog.read(self.folder).loads[0]

    @property
    def verdicts(self) -> dict[str, tuple[str, str]]:
        found = runlog.read(self.folder).verdicts
        return {verdict["requirement"]: (verdict["verdict"], verdict["reason"]) for verdict in found}

    def line(self, words: str) -> str:
        """The line of the summary that begins with these words, and what goes on below it."""
        return " ".join(self.out[self.out.index(f"\n{words}") :].split("\n\n")[0].split())


@contextmanager
def server(fault: str, folder: Path) -> Iterator[Path]:
    """Such a server, and a target file for it."""
    with ServerProcess(folder, CONFIG, program=(LOADED, fault)) as running:
        file = folder / "target.toml"
        text = f'base_url = "{running.url}"\n[tokens]\nsecret = "{SECRET}"\n'
        text += f"[memory]\npid = {running.process.pid}\n"
        file.write_text(text + "[delivery]\ncookie = { encrypted = false }\n", encoding="utf-8")
        yield file


def load(target: Path, folder: Path, *options: str, command: str = "load") -> Loaded:
    words = [sys.executable, "-m", "parley", command, "--target-file", str(target), "--run-dir", str(folder)]
    env: dict[str, Any] = {**os.environ, "NO_COLOR": "1", "COLUMNS": "400"}
    ended = subprocess.run(
        [*words, *options], capture_output=True, text=True, env=env, cwd=ROOT, timeout=300, check=False
    )
    return Loaded(ended.returncode, ended.stdout, ended.stderr, folder)


def steady(fault: str, folder: Path, slowest: str, *options: str) -> Loaded:
    """The first run of three in which this was the slowest, or the last: while another process has the core
    all operations are slow, and the machine's are slower than the fault.
    """
    for number in range(TRIES):
        place = folder / str(number)
        place.mkdir()
        with server(fault, place) as target:
            run = load(target, place / "run", "--profile", "steady", "--warm-up", "3s", *options)
        reason = run.verdicts["SLO-2"][1]
        if run.code == 1 and f"slowest {slowest} with 2" in reason and reason.count("slowest") == 1:
            break
    return run


def test_one_slow_read_is_named_by_steady(tmp_path: Path) -> None:
    run = steady("slow-getOffer", tmp_path, "getOffer", "--for", "15s")
    assert run.code == 1, run.out + run.err
    assert run.verdicts["SLO-2"][0] == "fail"
    assert "slowest getOffer with 2" in run.verdicts["SLO-2"][1]
    assert "p95 of reads" in run.verdicts["SLO-2"][1] and "p95 of writes" not in run.verdicts["SLO-2"][1]


def test_one_slow_write_is_named_by_steady(tmp_path: Path) -> None:
    run = steady("slow-joinRoom", tmp_path, "joinRoom", "--for", "20s")
    assert run.code == 1, run.out + run.err
    assert run.verdicts["SLO-2"][0] == "fail"
    assert "slowest joinRoom with 2" in run.verdicts["SLO-2"][1]


def test_an_error_in_five_hundred_is_named_by_steady(tmp_path: Path) -> None:
    with server("erring", tmp_path) as target:
        options = ("--scale", "3", "--for", "20s", "--warm-up", "4s")
        run = load(target, tmp_path / "run", "--profile", "steady", *options)
    assert run.code == 1, run.out + run.err
    [rate] = [one for one in objectives.judge(run.load) if one.name == "error_rate"]
    # Whether so few errors are significant is chance in a run of seconds; one that passed would be wrong.
    assert rate.got is not None and rate.got > rate.limit and rate.verdict is not Verdict.PASS
    assert run.verdicts["ERR-3"][0] == "fail" and "500" in run.verdicts["ERR-3"][1]


def test_joins_lost_under_load_are_named_by_churn(tmp_path: Path) -> None:
    with server("forgetful", tmp_path) as target:
        run = load(target, tmp_path / "run", "--profile", "churn", "--for", "8s", "--warm-up", "3s")
    assert run.code == 1, run.out + run.err
    broken = {name for name, (verdict, _) in run.verdicts.items() if verdict == "fail"}
    assert broken & {"ROOM-5", "CONC-2", "CONC-4"}, run.verdicts


def test_a_soak_that_is_too_short_accuses_nobody_of_a_leak(tmp_path: Path) -> None:
    """What fills up at first is no leak; that a leak is found takes minutes (python -m bench.soak)."""
    with server("leaking", tmp_path) as target:
        run = load(target, tmp_path / "run", "--profile", "soak", "--for", "8s", "--warm-up", "2s")
    assert run.code == 2, run.out + run.err
    assert run.verdicts["SLO-4"][0] == "not-run"
    assert "too short to tell, 10 more minutes are needed" in run.verdicts["SLO-4"][1]
    assert run.load["memory"]["first_mb"] < run.load["memory"]["last_mb"]
