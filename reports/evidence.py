"""What a failure shows: who sent what and got what, what was wanted, how to send it again.

All text here came from a target: `plain` makes it safe for a terminal and for XML.
"""

from __future__ import annotations

import itertools
import json
import unicodedata
from dataclasses import dataclass
from typing import Any

from reports.runlog import BODY_CHARS, Record, RunLog, cut
from reports.score import Finding
from reports.verdicts import GRAVITY, Verdict

STEPS = 8  # of an attempt shown on the score card; the page has them all
ENDING = 80  # what a text that was cut already says behind it
CURL_CHARS = 1200  # a longer line is no use on a terminal
# Unicode's categories of what moves a cursor, rings bells, turns text around, is not seen or is no character,
# and letters that are shown as nothing.
UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
FILLERS = "\u115f\u1160\u3164\uffa0"


class _Shown(dict[int, str]):
    """How each character is shown. It is filled as characters come: there are a million of them."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        hidden = unicodedata.category(char) in UNPRINTABLE or char in FILLERS
        escape = f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
        self[code] = escape if hidden and char not in "\t\n" else char
        return self[code]


SHOWN = _Shown()


def plain(text: object) -> str:
    """The text with everything unprintable written as an escape."""
    shown = str(text)
    return shown if shown.isascii() and shown.isprintable() else shown.translate(SHOWN)


@dataclass(frozen=True)
class Evidence:
    """The evidence of one check that did not pass."""

    record: Record
    steps: tuple[str, ...]
    wanted: str
    got: str
    curl: str
    exchanges: tuple[Record, ...]

    @property
    def name(self) -> str:
        """The check's sentence: its name in words, with its case."""
        sentence = plain(str(self.record["check"] or "").replace("_", " "))
        return f"{sentence} [{plain(self.record['case'])}]" if self.record["case"] else sentence

    @property
    def story(self) -> tuple[str, ...]:
        """What led to the verdict, for reading: up to the deciding exchange, like steps drawn together."""
        deciding = self.record.get("exchange")
        told = [
            line
            for line, exchange in zip(self.steps, self.exchanges, strict=True)
            if deciding is None or exchange["id"] <= deciding
        ]
        runs = [(line, sum(1 for _ in same)) for line, same in itertools.groupby(told)]
        lines = [f"{line}  ×{count}" if count > 1 else line for line, count in runs]
        if len(lines) > STEPS:
            lines = [f"… {len(lines) - STEPS} steps before", *lines[-STEPS:]]
        return tuple(lines)

    @property
    def tried(self) -> str:
        """How often it was tried and what the control lane said; empty where there is nothing to say."""
        words = [] if self.record["verdict"] == Verdict.FLAKY else [plain(self.record.get("note", ""))]
        control = self.record.get("control")
        if control is not None:
            said = {"pass": "passes", "fail": "fails"}.get(control["verdict"], f"is {control['verdict']}")
            words.append(f"the same check {said} on Parley's own server here")
        return "; ".join(word for word in words if word)

    @property
    def short_curl(self) -> str:
        """The line that sends it again, where it can be copied; else where it is to be found."""
        if len(self.curl) <= CURL_CHARS:
            return self.curl
        return f"a request too long to show: exchange {self.record['exchange']} of run.jsonl"


def of(record: Record, log: RunLog) -> Evidence:
    """The evidence of a verdict record."""
    exchanges = tuple(log.exchanges.get(record["attempt"], ()))
    deciding = next((e for e in exchanges if e["id"] == record.get("exchange")), None)
    failure = record.get("failure", {})
    wanted = f"{failure['about']}: {failure['wanted']}" if failure else ""
    return Evidence(
        record,
        tuple(step(exchange) for exchange in exchanges),
        plain(wanted),
        plain(failure.get("got", "")),
        plain(deciding["request"]["curl"]) if deciding else "",
        exchanges,
    )


def of_finding(finding: Finding, log: RunLog) -> list[Evidence]:
    """The evidence of each check of the requirement that did not pass: first that which gave the requirement
    its verdict, then the others, the gravest first.
    """
    shown = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.FLAKY, Verdict.HARNESS_ERROR)
    red = [record for record in finding.checks if record["verdict"] in shown]
    red.sort(key=lambda record: (record is not finding.worst, GRAVITY.index(record["verdict"])))
    return [of(record, log) for record in red]


def step(exchange: Record) -> str:
    """One exchange in a line: `bob GET /signaling/offer/room_x -> 404`."""
    request, answer = exchange["request"], exchange["answer"]
    came = answer.get("status") or f"no answer ({answer.get('error', '')})"
    return plain(f"{exchange['actor']} {request['method']} {request['path'][:100]} → {came}")


def body_text(body: Any) -> str:
    """A recorded body as text; a long one is cut."""
    if not isinstance(body, dict):
        return ""
    if "json" in body:
        return plain(cut(json.dumps(body["json"], ensure_ascii=False, indent=1)))
    text = body.get("text", "")
    return plain(text if len(text) <= BODY_CHARS + ENDING else cut(text))
