"""A run is judged again from its log alone: by the same spec nothing changes, by another it flips."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from score_kit import ROOT, Scored, score
from score_kit import hostile as hostile_server

from protocol.spec import SPEC_DIR, load
from reports.rejudge import Rejudged, rejudge
from reports.verdicts import Verdict

SPEC = load()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """The reference server, core, auth and encryption: answers plain and sealed, waits under test control."""
    words = ("--profile", "core", "--profile", "auth", "--profile", "encryption")
    return score(tmp_path_factory.mktemp("good") / "run", *words)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """A server that answers {} to everything, each fail confirmed."""
    with hostile_server("empty-object") as url:
        words = ("--target", url, "--profile", "core", "--max-wait", "0", "--no-control-lane")
        return score(tmp_path_factory.mktemp("bad") / "run", *words)


def spec_with(folder: Path, file: str, old: str, new: str) -> Path:
    """A copy of the spec with one text in it replaced."""
    copy = folder / "spec"
    shutil.copytree(SPEC_DIR, copy)
    text = (copy / file).read_text(encoding="utf-8")
    assert text.count(old) == 1, (file, old)
    (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    return copy


def room_4(folder: Path, statuses: str) -> Path:
    sentence = "Joining an unknown or expired room is refused with 404.\n    expected: { refuse: "
    return spec_with(folder, "requirements.yaml", sentence + "[404] }", sentence + f"{statuses} }}")


def again(run: Scored, spec: Path | None = None) -> Rejudged:
    return rejudge(run.folder, load(spec) if spec else SPEC, SPEC)


@pytest.mark.parametrize("name", ["good", "bad"])
def test_by_the_same_spec_nothing_flips_and_all_is_borne_out(
    name: str, request: pytest.FixtureRequest
) -> None:
    run: Scored = request.getfixturevalue(name)
    found = again(run)
    assert (found.flips, found.unsupported, found.elsewhere) == ((), (), ())
    assert found.expectations > 100
    assert found.after.score == found.before.score == run.result["score"]
    assert found.after.exit_code == run.code


def test_a_stricter_status_turns_a_pass_into_a_fail(good: Scored, tmp_path: Path) -> None:
    found = again(good, room_4(tmp_path, "[410]"))
    (flip,) = found.flips
    assert (flip.requirement, flip.was, flip.now) == ("ROOM-4", Verdict.PASS, Verdict.FAIL)
    assert "wanted 410; got 404" in flip.why
    assert found.before.exit_code == 0 and found.after.exit_code == 1
    assert "ROOM-4" in found.after.levels[0].missing


def test_a_laxer_status_leaves_open_what_was_not_asked_any_more(bad: Scored, tmp_path: Path) -> None:
    """The check stopped at its first expectation; that one holds now, and what comes next is not recorded."""
    assert bad.verdicts["ERR-1"] == "fail"
    sentence = "expected: { refuse: [404] }"
    text = (SPEC_DIR / "requirements.yaml").read_text(encoding="utf-8")
    entry = text[text.index("id: ERR-1\n") :].split("\n  - id:")[0]
    assert sentence in entry
    changed = entry.replace(sentence, "expected: { refuse: [200, 404] }")
    found = again(bad, spec_with(tmp_path, "requirements.yaml", entry, changed))
    flips = {flip.requirement: flip for flip in found.flips}
    assert flips.keys() == {"ERR-1"}
    assert flips["ERR-1"].now is Verdict.INCONCLUSIVE
    assert "run it again" in flips["ERR-1"].why


def test_a_stricter_schema_turns_a_pass_into_a_fail(good: Scored, tmp_path: Path) -> None:
    spec = spec_with(
        tmp_path,
        "openapi.yaml",
        "required: [status, service, timestamp]",
        "required: [status, service, timestamp, region]",
    )
    found = again(good, spec)
    flips = {flip.requirement: flip for flip in found.flips}
    assert flips["HEALTH-1"].now is Verdict.FAIL
    assert "region: is missing" in flips["HEALTH-1"].why


def test_another_level_changes_the_score_and_no_verdict(good: Scored, tmp_path: Path) -> None:
    spec = spec_with(
        tmp_path,
        "requirements.yaml",
        "- id: ROOM-4\n    level: MUST",
        "- id: ROOM-4\n    level: MAY",
    )
    found = again(good, spec)
    assert found.flips == ()
    weights = [f.requirement.level for f in found.after.findings]
    assert weights.count("MAY") == [f.requirement.level for f in found.before.findings].count("MAY") + 1


def test_what_takes_a_new_run_is_said(good: Scored, tmp_path: Path) -> None:
    spec = spec_with(tmp_path, "policy.yaml", "offer_lifetime: 30 ", "offer_lifetime: 40 ")
    found = again(good, spec)
    assert found.flips == ()
    assert "policy.yaml: timings.offer_lifetime: 30 → 40" in found.elsewhere


# -- a log that was edited


Edit = Callable[[dict[str, Any]], dict[str, Any]]


def edited(run: Scored, folder: Path, which: Callable[[dict[str, Any]], bool], edit: Edit) -> Rejudged:
    """The run with the first record that `which` finds edited."""
    done = False
    lines = []
    for record in run.records:
        hit = not done and which(record)
        done = done or hit
        lines.append(json.dumps(edit(record) if hit else record))
    assert done
    folder.mkdir(exist_ok=True)
    (folder / "run.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return rejudge(folder, SPEC, SPEC)


def test_a_verdict_that_was_painted_green_is_found(bad: Scored, tmp_path: Path) -> None:
    found = edited(
        bad,
        tmp_path,
        lambda r: r["type"] == "verdict" and r["requirement"] == "ROOM-1" and r["verdict"] == "fail",
        lambda r: {k: v for k, v in r.items() if k not in ("failure", "tries")} | {"verdict": "pass"},
    )
    assert any(
        "is said to have passed, yet one of its expectations did not hold" in u for u in found.unsupported
    )


def test_an_outcome_that_was_painted_green_is_found(bad: Scored, tmp_path: Path) -> None:
    found = edited(
        bad,
        tmp_path,
        lambda r: r["type"] == "expectation" and not r["outcome"] and r["attempt"].startswith("ROOM-1 "),
        lambda r: {**r, "outcome": True},
    )
    assert any("is said to have held; it does not" in u for u in found.unsupported)


def test_tries_that_do_not_make_the_verdict_are_found(bad: Scored, tmp_path: Path) -> None:
    found = edited(
        bad,
        tmp_path,
        lambda r: r["type"] == "verdict" and len(r.get("tries", [])) > 1 and r["verdict"] == "fail",
        lambda r: {**r, "verdict": "flaky"},
    )
    assert any("its attempts do not make it flaky" in u for u in found.unsupported)


# -- the command


def command(*words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "parley", "rejudge", *words]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)


def test_the_command_shows_flips_and_what_they_cost(good: Scored, tmp_path: Path) -> None:
    same = command(str(good.folder))
    assert same.returncode == 0, same.stderr
    assert "No verdict flips." in same.stdout
    done = command(str(good.folder), "--spec", str(room_4(tmp_path, "[410]")))
    assert done.returncode == 1
    assert "ROOM-4  MUST  pass → fail" in done.stdout
    assert "Score 100 → 9" in done.stdout
    assert "not reached (ROOM-4" in done.stdout
    assert "no request sent" in done.stdout


def test_what_is_no_run_is_refused_in_one_line(tmp_path: Path) -> None:
    done = command(str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "run.jsonl" in done.stderr
