"""`parley score` with a load after the checks: what it refutes, what it leaves open, when it is not made."""

from __future__ import annotations

from pathlib import Path

from load.running import LOG
from tests.score_kit import score
from tests.test_load_faults import server

CLAIMS = 'profiles = ["core", "auth", "slo"]\n'


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
    assert "<h2>Load: smoke</h2>" in (run.folder / "index.html").read_text(encoding="utf-8")


def test_a_must_that_breaks_under_it_fails_the_run(tmp_path: Path) -> None:
    with server("erring", tmp_path) as target:
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
    assert not (run.folder / LOG).exists()


def test_a_target_that_cannot_be_loaded_is_not_accused_of_it(tmp_path: Path) -> None:
    with server("right", tmp_path) as target:
        text = claiming(target, CLAIMS).read_text(encoding="utf-8")
        target.write_text(text.replace("cookie = { encrypted = false }", "bearer = { encrypted = true }"))
        asked = ("--requirement", "SLO-1")
        run = score(tmp_path / "run", "--load", "smoke", "--target-file", str(target), *asked)
    assert run.verdicts == {"SLO-1": "not-run"}, run.out + run.err


def test_a_run_about_something_else_is_not_loaded(tmp_path: Path) -> None:
    run = score(tmp_path, "--load", "smoke", "--requirement", "ROOM-1")
    assert run.code == 0 and not (run.folder / LOG).exists()


def test_a_profile_that_is_not_there_is_said_before_anything_is_done(tmp_path: Path) -> None:
    run = score(tmp_path, "--load", "smoek")
    assert run.code == 2
    assert "there is no load profile 'smoek'; did you mean smoke?" in run.err
