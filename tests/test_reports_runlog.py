"""The run log: written and read back; a log that is cut off or damaged is not a result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report_kit import ATTEMPT, a_failure, exchange, footer, header, verdict, write

from reports import runlog
from reports.runlog import RunLogError, RunLogWriter
from reports.verdicts import Verdict


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "run"
    records = [header(["MBOX-2"]), *a_failure(), footer(seconds=1.5)]
    with RunLogWriter(folder) as writer:
        for record in records:
            writer(record)
    log = runlog.read(folder)
    assert (log.header, log.footer) == (records[0], records[-1])
    assert log.verdicts == [records[4]]
    assert [found["id"] for found in log.exchanges[ATTEMPT]] == [1, 2, 3]
    assert runlog.read(folder / "run.jsonl").verdicts == log.verdicts


def test_of_what_passed_only_the_deciding_exchange_is_kept(tmp_path: Path) -> None:
    passed = verdict("MBOX-2", Verdict.PASS, attempt=ATTEMPT, exchange=2)
    write(tmp_path, [header(["MBOX-2"]), exchange(1), exchange(2), exchange(3), passed, footer()])
    assert [found["id"] for found in runlog.read(tmp_path).exchanges[ATTEMPT]] == [2]


def test_a_writer_that_was_closed_writes_no_more(tmp_path: Path) -> None:
    writer = RunLogWriter(tmp_path)
    writer(header([]))
    writer.close()
    writer(footer())
    assert len(writer.path.read_text(encoding="utf-8").splitlines()) == 1


def test_a_character_that_is_none_does_not_stop_the_writer(tmp_path: Path) -> None:
    with RunLogWriter(tmp_path) as writer:
        writer({"type": "exchange", "text": "\ud800"})
    assert "ud800" in writer.path.read_text(encoding="utf-8")


WHOLE = [header(["MBOX-2"]), *a_failure(), footer()]


LINES = [json.dumps(record) for record in WHOLE]
OTHER = json.dumps({**WHOLE[0], "format": 2})


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "empty; expected a header"),
        (LINES[:-1], "no footer: the run was cut off"),
        ([*LINES[:-1], LINES[-1][:-9]], "line 6: expected a JSON object with a type"),
        ([LINES[1], LINES[0]], "line 1: expected the header, got 'exchange'"),
        ([OTHER, LINES[-1]], "format 2; this version reads 1"),
        ([LINES[0], "[]"], "line 2: expected a JSON object with a type"),
        ([LINES[0], "{}"], "line 2: expected a JSON object with a type"),
    ],
)
def test_what_is_no_whole_log_is_refused_in_one_line(
    tmp_path: Path, lines: list[str], complaint: str
) -> None:
    (tmp_path / "run.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(RunLogError) as refused:
        runlog.read(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / 'run.jsonl'}: ")
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_log_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunLogError, match="not found; expected a run's folder"):
        runlog.read(tmp_path)
    (tmp_path / "run.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(RunLogError, match="not UTF-8"):
        runlog.read(tmp_path)
