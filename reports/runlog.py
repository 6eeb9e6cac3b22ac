"""The run log: one JSONL file with a header first, a footer last, and the whole run between.

Every report is a pure function of it. A log without a footer was cut off and is not a result.
Its schema is reports/schemas/runlog.schema.json.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from reports.verdicts import Verdict

Record = dict[str, Any]
# Why a check was not run: for want of time, left out by --gentle, not yet built (excluded in the spec), for
# want of tokens, of a browser or a TURN server, for want of something else that the target file does not say,
# because another suite checks it, or the run was stopped.
Cause = Literal["time", "gentle", "excluded", "tokens", "tools", "unknown", "elsewhere", "stopped"]
FORMAT = 1
FILE = "run.jsonl"
MEASURED = "measured: "  # what a note says that holds figures
EVIDENCE = (b'{"type":"exchange"', b'{"type":"expectation"')  # what most lines begin with
BUFFER = 1 << 20  # bytes read at once
DELIVERY = "delivery"  # the operation of an exchange with what delivers the widget
BESIDE = 1_000_000  # exchanges of peers and browsers are numbered from here on
BODY_CHARS = 4000  # of a body that reports show; the log has more of it


class RunLogError(Exception):
    """The run log cannot be used; the message says which file, which line and why."""


def verdict_record(
    requirement: str,
    check: str | None,
    verdict: Verdict,
    reason: str = "",
    *,
    case: str = "",
    attempt: str = "",
    attempts: int = 0,
    exchange: int | None = None,
    seconds: float = 0.0,
    note: str = "",
    failure: Record | None = None,
    cause: Cause | None = None,
    needs_s: int | None = None,
    tries: Sequence[Record] = (),
    control: Record | None = None,
) -> Record:
    """One verdict as the log holds it. `check` is None where no check of the requirement was run at all.

    `cause` is why a check was not run, `needs_s` the seconds it would have had to wait; `tries` are its
    attempts where there were several, `control` what the same check said of our own reference server.
    """
    record: Record = {
        "type": "verdict",
        "requirement": requirement,
        "check": check,
        "case": case,
        "verdict": verdict.value,
        "reason": reason,
        "attempt": attempt,
        "attempts": attempts,
        "exchange": exchange,
        "seconds": round(seconds, 3),
        "note": note,
    }
    if failure is not None:
        record["failure"] = failure
    if cause is not None:
        record["cause"] = cause
    if needs_s is not None:
        record["needs_s"] = needs_s
    if len(tries) > 1:
        record["tries"] = list(tries)
    if control is not None:
        record["control"] = control
    return record


class RunLogWriter:
    """Appends records to DIR/run.jsonl. Safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / FILE
        self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace")
        self._lock = threading.Lock()

    def __call__(self, record: Record) -> None:
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=str)
        with self._lock:
            if not self._file.closed:
                self._file.write(line + "\n")
                if record["type"] != "exchange":
                    self._file.flush()

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()


@dataclass
class RunLog:
    """A whole run, read back. Exchanges are kept for the attempts that a verdict names as evidence.

    `loads` are the load records, `knees` what searches for a knee found, `crowds` what peers measured.
    """

    folder: Path
    header: Record
    footer: Record
    verdicts: list[Record] = field(default_factory=list)
    expectations: dict[str, list[Record]] = field(default_factory=dict)
    exchanges: dict[str, list[Record]] = field(default_factory=dict)
    loads: list[Record] = field(default_factory=list)
    knees: list[Record] = field(default_factory=list)
    crowds: list[Record] = field(default_factory=list)

    @property
    def of_a_load(self) -> bool:
        """Whether the run was a load and nothing else: no score can be made of it."""
        return bool(self.knees or "load" in self.header["options"])


def read(folder: Path) -> RunLog:
    """Reads DIR/run.jsonl in two passes, so that a long run does not fill the memory with its exchanges.

    Raises RunLogError for a log that is missing, damaged or cut off.
    """
    path = folder / FILE if folder.is_dir() else folder
    log = _without_evidence(path, records(path))
    wanted = {
        verdict["attempt"] for verdict in log.verdicts if verdict["verdict"] != "pass" and verdict["attempt"]
    }
    evidence = {verdict["exchange"] for verdict in log.verdicts if verdict.get("exchange")}
    for _, record in records(path):
        if record["type"] == "exchange" and (record["attempt"] in wanted or record["id"] in evidence):
            log.exchanges.setdefault(record["attempt"], []).append(_lightened(record))
        elif record["type"] == "expectation" and record["attempt"] in wanted:
            log.expectations.setdefault(record["attempt"], []).append(record)
    return log


def outline(folder: Path) -> RunLog:
    """The log without exchanges and expectations: enough for verdicts, levels and scores of many runs.

    Raises RunLogError as `read` does, but for damage in what is skipped.
    """
    path = folder / FILE if folder.is_dir() else folder
    return _without_evidence(path, records(path, skipped=EVIDENCE))


def _without_evidence(path: Path, lines: Iterator[tuple[int, Record]]) -> RunLog:
    header: Record | None = None
    footer: Record | None = None
    found: dict[str, list[Record]] = {"verdict": [], "load": [], "knee": [], "peers": []}
    for number, record in lines:
        if number == 1 and record["type"] != "header":
            raise RunLogError(f"{path}: line 1: expected the header, got {record['type']!r}")
        if record["type"] == "header":
            header = record
        elif record["type"] in found:
            found[record["type"]].append(record)
        elif record["type"] == "footer":
            footer = record
    if header is None:
        raise RunLogError(f"{path}: empty; expected a header")
    if header.get("format") != FORMAT:
        raise RunLogError(f"{path}: format {header.get('format')!r}; this version reads {FORMAT}")
    if footer is None:
        raise RunLogError(f"{path}: no footer: the run was cut off, so this is not a result")
    return RunLog(
        path.parent,
        header,
        footer,
        found["verdict"],
        loads=found["load"],
        knees=found["knee"],
        crowds=found["peers"],
    )


def _lightened(exchange: Record) -> Record:
    """The exchange with what came cut: a target that pads its answers must not fill the memory. What was sent
    stays whole, for it is sent again by whoever reproduces a fault.
    """
    answer = exchange["answer"]
    for key in ("body", "decrypted"):
        if key not in answer:
            continue
        value = answer[key]
        text = value.get("text") if key == "body" and "text" in value else None
        if text is None:
            text = json.dumps(value.get("json", "") if key == "body" else value, ensure_ascii=False)
        if len(text) > BODY_CHARS:
            shown = cut(text)
            answer[key] = {"bytes": value["bytes"], "text": shown} if key == "body" else shown
    return exchange


def cut(text: str) -> str:
    """A text that is not too long to be shown."""
    if len(text) <= BODY_CHARS:
        return text
    return f"{text[:BODY_CHARS]}… ({len(text)} characters; run.jsonl has them)"


def records(path: Path, skipped: tuple[bytes, ...] = ()) -> Iterator[tuple[int, Record]]:
    """Every record of DIR/run.jsonl, or of the file itself, with the number of its line; but for lines that
    begin with one of `skipped`.

    Raises RunLogError where it is missing or no run log.
    """
    path = path / FILE if path.is_dir() else path
    try:
        # As bytes: what is skipped need not be decoded, which is most of the time that an outline takes.
        with path.open("rb", buffering=BUFFER) as file:
            for number, line in enumerate(file, 1):
                if line.startswith(skipped):
                    continue
                text = line.decode("utf-8")
                try:
                    record = json.loads(text)
                    record["type"]
                except (ValueError, KeyError, TypeError):
                    raise RunLogError(f"{path}: line {number}: expected a JSON object with a type") from None
                yield number, record
    except FileNotFoundError:
        raise RunLogError(f"{path}: not found; expected a run's folder with {FILE} in it") from None
    except UnicodeDecodeError:
        raise RunLogError(f"{path}: not UTF-8 text") from None
