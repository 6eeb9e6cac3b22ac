"""`parley report`: which report lands where, and what is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report_kit import a_failure, footer, header, report, write

from parley import cli
from reports import formats, writers


@pytest.fixture
def run(tmp_path: Path) -> Path:
    report(tmp_path / "run", a_failure())
    return tmp_path / "run"


def told(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> tuple[str, str]:
    assert cli.main(["report", *arguments]) == code
    caught = capsys.readouterr()
    return caught.out, caught.err


def test_without_a_format_it_shows_the_score_card(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = told(capsys, 1, str(run))
    assert "MBOX-2  MUST  fail" in out
    assert [path.name for path in run.iterdir()] == ["run.jsonl"]


def test_reports_land_in_the_runs_folder(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [word for name in writers.NAMES for word in ("--format", name)]
    out, _ = told(capsys, 0, str(run), *names)
    files = {one.file for one in formats.FORMATS.values()} | {"index.html"}
    assert {path.name for path in run.iterdir()} >= files
    assert sorted(out.splitlines()) == sorted(f"Wrote {run / name}" for name in files)


def test_one_goes_to_a_file_or_to_standard_output(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.json"
    assert told(capsys, 0, str(run), "--format", "shields", "--output", str(file))[0] == f"Wrote {file}\n"
    out, _ = told(capsys, 0, str(run), "--format", "shields", "--output", "-")
    assert json.loads(out) == json.loads(file.read_text(encoding="utf-8"))
    assert [path.name for path in run.iterdir()] == ["run.jsonl"]


def test_several_go_to_a_folder(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, 0, str(run), "--format", "junit", "--format", "ctrf", "--output", str(tmp_path / "new"))
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["ctrf.json", "junit.xml"]
    told(capsys, 0, str(run), "--format", "badge", "--output", f"{tmp_path / 'other'}/")
    told(capsys, 0, str(run), "--format", "markdown", "--output", str(tmp_path / "new"))
    assert (tmp_path / "other" / "badge.svg").exists()
    assert (tmp_path / "new" / "summary.md").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "junit", "--format", "ctrf", "--output", "-"], "--output -: takes one format, not 2"),
        (["--format", "html", "--output", "-"], "html is written into a folder"),
        (["--format", "junit", "--output", "/proc/nowhere/x.xml"], "No such file or directory"),
        (["--output", "x"], "--output x: needs --format (json, "),
    ],
)
def test_what_cannot_be_written_is_said_in_a_line(
    arguments: list[str], words: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = told(capsys, 2, str(run), *arguments)
    assert (out, err.count("\n")) == ("", 1)
    assert words in err


def test_an_unknown_format_is_refused_with_the_known_ones(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["report", str(run), "--format", "pdf"])
    assert ended.value.code == 2
    assert "prometheus" in capsys.readouterr().err


def test_a_load_run_has_no_score_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = header([])
    first["options"]["load"] = "steady"
    write(tmp_path, [first, footer()])
    _, err = told(capsys, 2, str(tmp_path), "--format", "badge")
    assert "a load run, which has no score" in err
    assert cli.main(["bundle", str(tmp_path)]) == 2
    assert "a load run, which has no verdicts to bundle" in capsys.readouterr().err


def test_help_says_what_the_formats_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["report", "--help"])
    shown = capsys.readouterr().out
    for name, one in formats.FORMATS.items():
        assert f"  {name:<11} {one.file:<13} {one.words}\n" in shown
