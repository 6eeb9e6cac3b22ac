"""A run as its user sees it: what is selected and what left out, how it is stopped, who runs beside whom."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from score_kit import SECRET, Command, Scored, hostile, score, scoring
from server_kit import ServerProcess

from protocol import tokens
from protocol.spec import load

SPEC = load()
SOON_S = 60.0  # stopping is a matter of moments; this is for slow machines
BASE = f'tokens = {{ secret = "{SECRET}" }}\nprofiles = ["core", "auth", "ratelimit", "concurrency"]\n'


def target_file(folder: Path, url: str, more: str = "", *, base: str = BASE, control: bool = False) -> str:
    """A target file for this URL; `more` is further TOML."""
    path = folder / "target.toml"
    flag = "test_control = true\n" if control else ""
    delivery = "[delivery]\ncookie = { encrypted = false }\n"
    path.write_text(f'base_url = "{url}"\n{flag}{base}{more}\n{delivery}', encoding="utf-8")
    return str(path)


# -- selectors


@pytest.mark.parametrize(
    ("option", "word"),
    [
        (("--profile", "nope"), "--profile nope: no such profile"),
        (("--profile", "cor"), "did you mean cors, core"),
        (("--requirement", "NOPE-1"), "--requirement NOPE-1: no such requirement"),
        (("--requirement", "ROOM-99"), "did you mean ROOM-9"),
    ],
)
def test_a_selector_that_matches_nothing_is_an_error(
    option: tuple[str, str], word: str, tmp_path: Path
) -> None:
    ended = scoring(tmp_path / "run", *option).wait()
    assert ended.code == 2
    assert word in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert not (tmp_path / "run" / "result.json").exists()


def test_selectors_that_have_nothing_in_common_are_an_error(tmp_path: Path) -> None:
    ended = scoring(tmp_path / "run", "--profile", "auth", "--requirement", "ROOM-1").wait()
    assert ended.code == 2
    assert "--requirement ROOM-1: it is of the profile core, and --profile chose auth" in ended.err
    assert not (tmp_path / "run" / "result.json").exists()


def test_a_selection_is_all_that_is_scored(good_server: ServerProcess, tmp_path: Path) -> None:
    file = target_file(tmp_path, good_server.url)
    done = score(
        tmp_path / "run", "--target-file", file, "--requirement", "ROOM-1", "--requirement", "AUTH-9"
    )
    assert done.code == 0
    assert done.verdicts == {"ROOM-1": "pass", "AUTH-9": "pass"}


# -- what a target file says


def test_tokens_of_a_list_leave_undone_what_needs_more(good_server: ServerProcess, tmp_path: Path) -> None:
    signer = tokens.SecretSigner(SECRET.encode())
    listed = "".join(
        f'[[tokens.list]]\ntoken = "{signer.sign(tokens.claims(SPEC, user))}"\n'
        for user in ("ann", "ben", "cyd")
    )
    claims = 'profiles = ["core", "auth", "ratelimit", "concurrency"]\n'
    file = target_file(tmp_path, good_server.url, listed, base=claims)
    asked = ["ROOM-1", "ROOM-5", "MBOX-2", "CONC-2", "RATE-1", "AUTH-2"]
    chosen = [word for name in asked for word in ("--requirement", name)]
    done = score(tmp_path / "run", "--target-file", file, *chosen)
    assert done.having("pass") == ["ROOM-1", "ROOM-5", "MBOX-2"]
    assert not done.having("fail", "inconclusive", "harness-error")
    assert "needs more users at once than the 3" in done.reason("CONC-2")
    assert "takes users that no other check has: those 3 of tokens.list" in done.reason("RATE-1")
    assert "gives no signing key" in done.reason("AUTH-2")
    assert done.code == 1, "what was claimed and not asked is no 0, unless for want of time"


def expecting(name: str, reason: str = "not mended yet") -> str:
    return f'[[expected_failures]]\nid = "{name}"\nreason = "{reason}"\nissue = "https://issues.test/1"\n'


def test_an_expected_failure_that_passes_fails_the_run(good_server: ServerProcess, tmp_path: Path) -> None:
    file = target_file(tmp_path, good_server.url, expecting("ROOM-1"))
    done = score(tmp_path / "run", "--target-file", file, "--requirement", "ROOM-1")
    assert done.verdicts == {"ROOM-1": "pass"}
    assert done.code == 1
    (problem,) = done.result["problems"]
    assert problem.startswith("ROOM-1 was expected to fail, yet passed")
    assert problem in " ".join(done.out.split())


def test_an_expected_failure_of_what_does_not_exist_is_refused(tmp_path: Path) -> None:
    file = target_file(tmp_path, "http://127.0.0.1:9", expecting("ROOM-999"))
    ended = scoring(tmp_path / "run", "--target-file", file).wait()
    assert ended.code == 2
    assert "expected_failures[0].id: there is no requirement 'ROOM-999'" in ended.err


def test_an_expected_failure_that_fails_is_one(tmp_path: Path) -> None:
    with hostile("empty-object") as url:
        file = target_file(tmp_path, url, expecting("ROOM-1", "rooms are empty"))
        done = score(tmp_path / "run", "--target-file", file, "--requirement", "ROOM-1")
    assert done.verdicts == {"ROOM-1": "expected-fail"}
    assert "rooms are empty" in done.reason("ROOM-1")
    assert done.code == 0
    assert done.result["levels"]["Core"]["reached"] is False, "forgiven is not fulfilled"


# -- gently


def test_gently_means_few_requests_and_no_rough_ones(good_server: ServerProcess, tmp_path: Path) -> None:
    file = target_file(tmp_path, good_server.url)
    asked = ["ROOM-1", "ROOM-5", "ROOM-2", "RATE-1", "CONC-1"]
    chosen = [word for name in asked for word in ("--requirement", name)]
    done = score(tmp_path / "run", "--target-file", file, "--gentle", *chosen)
    assert done.code == 0, done.out
    assert done.having("pass") == ["ROOM-1", "ROOM-5"]
    for name in ("ROOM-2", "RATE-1", "CONC-1"):
        assert done.reason(name).startswith("left out by --gentle")
    sent = sorted(record["started"] for record in done.records if record["type"] == "exchange")
    assert len(sent) > 6
    # At most 5 a second: the sixth comes a second after the first, give or take what a sleep is late.
    assert all(late - early > 0.85 for early, late in zip(sent, sent[5:], strict=False)), sent


# -- stopping


def until(run: Command, folder: Path, kind: str) -> None:
    """Waits until the run has written a record of this type."""
    log = folder / "run.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        # As bytes: a character may have been written by half.
        if log.exists() and f'"type":"{kind}"'.encode() in log.read_bytes():
            return
        assert run.process.poll() is None, run.wait().err
        time.sleep(0.05)
    raise AssertionError(f"no {kind} in the run log")


def stopped(run: Command, folder: Path) -> Scored:
    """Presses Ctrl-C; what is there when the process has ended."""
    run.interrupt()
    pressed = time.monotonic()
    ended = run.wait()
    assert time.monotonic() - pressed < SOON_S
    assert "Traceback" not in ended.err
    done = Scored(ended.code, ended.out, ended.err, ended.seconds, ended.peak_mb, folder)
    assert list(done.records)[-1]["type"] == "footer"
    assert (folder / "index.html").exists()
    return done


def test_ctrl_c_ends_a_run_with_a_report_of_what_was_decided(
    good_server: ServerProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    chosen = ("--requirement", "ROOM-1", "--requirement", "MBOX-4")
    run = scoring(folder, "--target-file", target_file(tmp_path, good_server.url), *chosen)
    until(run, folder, "verdict")
    done = stopped(run, folder)
    assert done.code == 1, "a MUST was stopped"
    assert done.verdicts == {"ROOM-1": "pass", "MBOX-4": "not-run"}
    assert done.reason("MBOX-4") == done.result["stopped"] == "interrupted"


def test_ctrl_c_works_before_the_target_has_answered(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with hostile("silent") as url:
        file = target_file(tmp_path, url, "[timeouts]\nrequest_s = 600\n")  # no end of it comes in between
        run = scoring(folder, "--target-file", file)
        until(run, folder, "header")
        done = stopped(run, folder)
    assert done.code == 2
    assert done.result["stopped"] == "interrupted"
    assert not done.having("pass", "fail", "inconclusive")


# -- two at once


def test_under_test_control_a_second_run_is_refused_with_one_line(tmp_path: Path) -> None:
    with hostile("silent", "--healthy") as url:
        patience = "[timeouts]\nrequest_s = 600\n"  # the first goes on until the others have ended
        file = target_file(tmp_path, url, patience, control=True)
        first = scoring(tmp_path / "first", "--target-file", file)
        until(first, tmp_path / "first", "header")
        second = scoring(tmp_path / "second", "--target-file", file).wait()
        real = scoring(tmp_path / "real", "--target-file", file, "--time", "real").wait()
        stopped(first, tmp_path / "first")
    assert second.code == real.code == 2
    (line,) = second.err.strip().splitlines()
    assert f"{url}: another run is under way, and test control would move its clock" in line
    assert "another run moves its clock by test control" in real.err
    assert not (tmp_path / "second").exists()


def test_two_runs_in_real_time_share_a_server_and_are_both_clean(
    good_server: ServerProcess, tmp_path: Path
) -> None:
    file = target_file(tmp_path, good_server.url)
    words = ("--target-file", file, "--max-wait", "0", "--profile", "core", "--profile", "concurrency")
    runs = {name: scoring(tmp_path / name, *words) for name in ("one", "other")}
    found: dict[str, Any] = {name: run.wait() for name, run in runs.items()}
    for name, ended in found.items():
        assert ended.code == 0, ended.out
        result = json.loads((tmp_path / name / "result.json").read_text(encoding="utf-8"))
        verdicts = {requirement["verdict"] for requirement in result["requirements"].values()}
        assert verdicts <= {"pass", "not-run", "not-applicable"}
