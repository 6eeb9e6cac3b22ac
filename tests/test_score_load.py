"""`parley score` with a load after the checks: what it refutes, what it leaves open, when it is not made."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from load.running import LOG
from parley.company import loads_of
from protocol.spec import SPEC_DIR, load
from tests.score_kit import Command, Scored, score
from tests.test_load_faults import server

CLAIMS = 'profiles = ["core", "auth", "slo"]\n'


def peers_too(folder: Path, *options: str) -> Scored:
    """`parley score`, and nothing that takes peers is left out."""
    words = [sys.executable, "-m", "parley", "score", "--run-dir", str(folder), *options]
    ended = Command(words).wait()
    return Scored(ended.code, ended.out, ended.err, ended.seconds, ended.peak_mb, folder)


def claiming(target: Path, claims: str) -> Path:
    """The target file with these claims."""
    target.write_text(claims + target.read_text(encoding="utf-8"), encoding="utf-8")
    return target


def test_a_light_load_decides_no_objective_and_is_shown(tmp_path: Path) -> None:
    run = score(tmp_path, "--load", "smoke", "--requirement", "SLO-1", "--requirement", "ROOM-1")
    assert run.code == 0, run.out + run.err
    assert run.verdicts == {"ROOM-1": "pass", "SLO-1": "not-run"}
    assert "`parley load --profile steady` checks it" in run.reason("SLO-1")
    assert "\nLoad " in run.out and "requests/s, 0 errors" in run.out
    assert "<h2>Load: smoke</h2>" in (run.folder / "load.html").read_text(encoding="utf-8")


def test_a_must_that_breaks_under_it_fails_the_run(tmp_path: Path) -> None:
    with server("erring-often", tmp_path) as target:
        options = (
            "--target-file",
            str(claiming(target, CLAIMS)),
            "--requirement",
            "SLO-1",
            "--requirement",
            "ERR-3",
        )
        run = score(tmp_path / "run", "--load", "smoke", *options)
    assert run.code == 1, run.out + run.err
    assert run.verdicts["ERR-3"] == "fail"
    assert run.reason("ERR-3").startswith("under load, ")


def test_a_target_that_does_not_claim_slo_is_not_loaded(tmp_path: Path) -> None:
    with server("erring", tmp_path) as target:
        claims = claiming(target, 'profiles = ["core", "auth"]\n')
        run = score(
            tmp_path / "run", "--load", "smoke", "--target-file", str(claims), "--requirement", "ROOM-1"
        )
    assert run.verdicts == {"ROOM-1": "pass"}
    assert not list(run.folder.rglob(LOG))


def test_a_target_that_cannot_be_loaded_is_not_accused_of_it(tmp_path: Path) -> None:
    with server("right", tmp_path) as target:
        text = claiming(target, CLAIMS).read_text(encoding="utf-8")
        target.write_text(text.replace("cookie = { encrypted = false }", "bearer = { encrypted = true }"))
        asked = ("--requirement", "SLO-1")
        run = score(tmp_path / "run", "--load", "smoke", "--target-file", str(target), *asked)
    assert run.verdicts == {"SLO-1": "not-run"}, run.out + run.err


def test_a_run_about_something_else_is_not_loaded(tmp_path: Path) -> None:
    run = score(tmp_path, "--load", "smoke", "--requirement", "ROOM-1")
    assert run.code == 0 and not list(run.folder.rglob(LOG))


def test_full_is_every_load_that_decides_a_requirement_the_longest_before_the_peers() -> None:
    assert loads_of("full", load(SPEC_DIR)) == ["steady", "soak", "peers"]
    assert loads_of("smoke, full,steady", load(SPEC_DIR)) == ["smoke", "steady", "soak", "peers"]
    assert loads_of("none", load(SPEC_DIR)) == []


def test_several_loads_decide_together_what_they_are_about(tmp_path: Path) -> None:
    """Of a spec whose `steady` is over in seconds, and which asks for a crowd of two rooms."""
    folder = tmp_path / "spec"
    shutil.copytree(SPEC_DIR, folder)
    policy = folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    shorter = text.replace("warm_up: 30, seconds: 120", "warm_up: 1, seconds: 4").replace(
        "rooms: 100", "rooms: 2"
    )
    assert shorter.count("seconds: 4") == shorter.count("rooms: 2") == 1
    policy.write_text(shorter, encoding="utf-8")
    asked = [word for name in ("SLO-1", "SLO-2", "SLO-3", "ROOM-1") for word in ("--requirement", name)]
    run = peers_too(tmp_path / "run", "--load", "steady,peers", "--spec", str(folder), *asked)
    decided = {
        record["requirement"]: record["check"] for record in run.records if record["type"] == "verdict"
    }
    assert decided["SLO-1"] == decided["SLO-2"] == "load.steady", run.out + run.err
    # On a busy machine our own peers are too late to tell, and say so.
    assert decided["SLO-3"] == "crowd.peers" and run.verdicts["SLO-3"] in ("pass", "not-run")
    kinds = {record["type"] for record in run.records}
    assert kinds >= ({"load", "peers"} if shutil.which("turnserver") else {"load"})
    assert "\nLoad " in run.out and "Complete" in run.out
    report = [sys.executable, "-m", "parley", "report", str(run.folder)]  # a score it stays
    again = subprocess.run(report, capture_output=True, text=True, check=False)
    assert again.returncode == run.code and "Score" in again.stdout, again.stdout + again.stderr


def test_a_profile_that_is_not_there_is_said_before_anything_is_done(tmp_path: Path) -> None:
    run = score(tmp_path, "--load", "smoek")
    assert run.code == 2
    assert "--load: there is no load 'smoek'; did you mean smoke?" in run.err
