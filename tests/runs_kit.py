"""Runs made by hand, for the tests of what looks at several: outcomes by requirement id."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from report_kit import SPEC, footer, header, verdict, write

from reports import runs
from reports.runlog import Record
from reports.runs import Outcome, Run
from reports.score import NOT_OFFERED, LevelResult
from reports.verdicts import Verdict

V = Verdict
MARKUP = (
    "</title></style></td><script>document.title='taken'</script><img src=x onerror=alert(1)>"
    "|@team #1 [a](http://evil.test) `x` ``` {{ 7*7 }} [bold red]x[/] https://evil.test\n\n# big\n"
)
HOSTILE = MARKUP + "\x1b[31mred\x1b]0;title\x07\x00\x9b\u202e\u2066\ufeff\ud800"
Outcomes = Mapping[str, Verdict | tuple[Verdict, str]]


def log(
    folder: Path,
    found: Outcomes,
    *,
    fitness: Outcomes | None = None,
    target: Mapping[str, Any] | None = None,
    stopped: str = "",
    more: tuple[Record, ...] = (),
    **head: Any,
) -> Path:
    """A whole run log with these verdicts."""
    fitness = fitness or {}
    first = {**header(found, **(target or {})), "fitness": list(fitness), **head}
    records = [_record(name, one) for name, one in found.items()]
    records += [{**_record(name, one), "as": "fitness"} for name, one in fitness.items()]
    return write(folder, [first, *records, *more, footer(stopped=stopped)])


def _record(name: str, one: Verdict | tuple[Verdict, str]) -> Record:
    found, reason = one if isinstance(one, tuple) else (one, "" if one is V.PASS else "because")
    return verdict(name, found, reason=reason, **({"cause": "time"} if found is V.NOT_RUN else {}))


def read(folder: Path, found: Outcomes, **more: Any) -> Run:
    return runs.read(log(folder, found, **more), SPEC)


def outcome(name: str, found: Verdict, reason: str = "because") -> Outcome:
    """As a log has it: of a MAY that fails the word is another one."""
    offered = SPEC.requirement(name).level != "MAY" or found is not V.FAIL
    word = found.value if offered else NOT_OFFERED
    return Outcome(found, word, "" if found is V.PASS else reason)


def outcomes(**found: Verdict) -> dict[str, Outcome]:
    """Of keywords such as MBOX_2."""
    return {name.replace("_", "-"): outcome(name.replace("_", "-"), one) for name, one in found.items()}


def run(found: Mapping[str, Outcome], **changes: Any) -> Run:
    """Without a log: only what the rules look at is as it would be."""
    values: dict[str, Any] = {
        "run_id": "abc234",
        "started": "2026-01-02T03:04:05+00:00",
        "target": "a server",
        "base_url": "http://127.0.0.1:8787",
        "suite": "9.9.9",
        "spec_version": SPEC.version,
        "spec_hash": SPEC.hash,
        "claims": ("core", "auth", "validation"),
        "options": {"time": "real", "max_wait": 35.0, "gentle": False},
        "seconds": 4.2,
        "stopped": "",
        "narrowed": False,
        "exit_code": 0,
        "score": 100.0,
        "client_score": None,
        "levels": (LevelResult("Core", True, (), ()),),
        "problems": (),
        "fitness": {},
        "unknown": (),
        **changes,
    }
    return Run(found=found, **values)


NAMES = ("ROOM-1", "ROOM-6", "MBOX-2", "MBOX-3", "MBOX-14", "AUTH-1", "AUTH-13", "VAL-1", "PEER-1", "SLO-1")


@st.composite
def any_outcomes(draw: st.DrawFn) -> dict[str, Outcome]:
    """Outcomes of some requirements: MUSTs, SHOULDs and a MAY, of every verdict."""
    found = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(list(Verdict))))
    return {name: outcome(name, one) for name, one in found.items()}
