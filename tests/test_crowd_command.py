"""`parley load --profile peers`: a run log that fits its schema, a page, a summary, an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from report_kit import header
from turn_kit import needs_coturn

import reports
from parley import cli, peers
from reports import peers_shown, runlog
from reports.pages import PAGE
from reports.runlog import RunLog
from tests.test_crowd_figures import measured, recorded

SCHEMA = Path(reports.__file__).parent / "schemas" / "runlog.schema.json"
LINE = jsonschema_rs.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@needs_coturn
def test_the_command_runs_a_crowd_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["load", "--profile", "peers", "--scale", "0.02", "--seed", "5", "--run-dir", str(tmp_path)]
    assert cli.main(words) == 2  # two rooms decide nothing
    out = capsys.readouterr().out
    assert "2 of 2 opened, 2 carried all messages" in out
    assert "SLO-3" in out and "not-run" in out and "the objective is 100" in out
    lines = [json.loads(line) for line in (tmp_path / runlog.FILE).read_text(encoding="utf-8").splitlines()]
    assert [line["type"] for line in lines] == ["header", "peers", "verdict", "footer"]
    assert [error.message[:200] for line in lines for error in LINE.iter_errors(line)] == []
    assert lines[0]["intended"] == ["SLO-3"] and lines[0]["seed"] == 5
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert "2 of 2" in page and "<script" not in page and "SLO-3" in page


def test_it_is_among_the_profiles(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["load", "--list"]) == 0
    assert f"\n{peers.PROFILE} " in capsys.readouterr().out


def test_what_it_cannot_do_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["load", "--profile", "peers", "--start"]) == cli.NOTHING_DECIDED
    assert "does not start the target" in capsys.readouterr().err
    assert cli.main(["load", "--profile", "peers", "--scale", "100"]) == cli.NOTHING_DECIDED
    assert "rooms: expected 1 to 400, got 10000" in capsys.readouterr().err


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    found = measured(2)
    found.reports[0].spoken[0].fault = "<script>alert(1)</script>\x1b[2J"
    found.reports[0].spoken[0].messages.clear()
    log = RunLog(tmp_path, header([]), {"seconds": 1.0, "stopped": ""}, [], crowds=[recorded(found, 2)])
    page = peers_shown.write(log, tmp_path).read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page and "<script>" not in page
    assert all("\x1b" not in line for line in peers_shown.summary(log.crowds[0]))
