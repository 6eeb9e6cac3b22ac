"""Run logs made by hand, for the tests of the reports: a header, verdicts, exchanges, a footer."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from protocol.spec import load
from reports import page, runlog, score, terminal
from reports.runlog import Record, RunLogWriter, verdict_record
from reports.score import Report
from reports.verdicts import Verdict

SPEC = load()
PROFILES = ["core", "auth", "validation"]
ATTEMPT = "MBOX-2 an_offer_is_read_once#1"
MARKUP = "<script>document.title='run'</script><img src=x onerror=alert(1)>\"'&lt;[bold red]x[/]{{ 7*7 }}"
CONTROL = "\x1b[31mred\x1b]0;title\x07\x00\x08\x9b\u202e\u2066\ufeff\ud800\uffff"
CONTROL += "\u061c\xad\u2060\u180e\u206a\ufff9\u115f\u1160\u3164\uffa0\U000e0041\ue000"
# What is unprintable, by hand: reports.evidence goes by categories. Not U+2060, which our Markdown puts in.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2061-\u206f\u3164\ud800-\uf8ff"
    "\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
HOSTILE = MARKUP + CONTROL


def header(intended: Iterable[str], **target: Any) -> Record:
    return {
        "type": "header",
        "format": runlog.FORMAT,
        "run_id": "abc234",
        "started": "2026-01-02T03:04:05+00:00",
        "suite": {"name": "parley-conformance", "version": "9.9.9"},
        "spec": {"version": SPEC.version, "hash": SPEC.hash},
        "target": {
            "name": "a server",
            "base_url": "http://127.0.0.1:8787",
            "paths": {},
            "profiles": PROFILES,
            "tokens": "secret",
            "iss": None,
            "aud": None,
            "user_claim": "customerId",
            "delivery": {"cookie": {"encrypted": False}},
            "csrf": True,
            "origins": [],
            "address_header": None,
            "test_control": False,
            "expected_failures": [],
            **target,
        },
        "seed": 7,
        "options": {
            "time": "real",
            "max_wait": 35.0,
            "concurrency": 16,
            "gentle": False,
            "profiles": [],
            "requirements": [],
        },
        "intended": list(intended),
    }


def footer(**changes: Any) -> Record:
    return {
        "type": "footer",
        "ended": "2026-01-02T03:04:09+00:00",
        "seconds": 4.2,
        "counts": {},
        "stopped": "",
        **changes,
    }


def verdict(requirement: str, found: Verdict, **more: Any) -> Record:
    reason = more.pop("reason", "" if found is Verdict.PASS else "because")
    return verdict_record(requirement, more.pop("check", "it_holds"), found, reason, **more)


def exchange(number: int, *, actor: str = "bob", status: int | None = 200, **more: Any) -> Record:
    answer: Record = {"error": "the connection was closed"}
    if status is not None:
        answer = {"status": status, "headers": [], "body": {"bytes": 0}}
    return {
        "type": "exchange",
        "id": number,
        "attempt": ATTEMPT,
        "actor": actor,
        "operation": "getOffer",
        "started": 1.0,
        "ended": 1.5,
        "request": {
            "method": "GET",
            "path": "/signaling/offer/room_1",
            "headers": [["Cookie", "auth_token=«bob token»"]],
            "body": {"bytes": 0},
            "curl": "curl -sS http://127.0.0.1:8787/signaling/offer/room_1",
            **more.pop("request", {}),
        },
        "answer": {**answer, **more.pop("answer", {})},
        **more,
    }


def a_failure(**more: Any) -> list[Record]:
    """MBOX-2 failed: three exchanges, of which the second decided, and the verdict."""
    failure = {"about": "getOffer", "wanted": "404", "got": '200 {"success":true}', **more.pop("failure", {})}
    return [
        exchange(1, actor="alice"),
        exchange(2),
        exchange(3),
        verdict(
            "MBOX-2",
            Verdict.FAIL,
            **{
                "check": "an_offer_is_read_once",
                "reason": "getOffer: wanted 404, got 200",
                "attempt": ATTEMPT,
                "attempts": 1,
                "exchange": 2,
                "failure": failure,
                **more,
            },
        ),
    ]


def all_of(profiles: Iterable[str], found: Verdict = Verdict.PASS) -> dict[str, Record]:
    """A verdict for every requirement of these profiles that is asked of a server."""
    asked = [r for r in SPEC.of_profiles(profiles) if r.subject == "server"]
    return {r.id: verdict(r.id, found) for r in asked}


def write(folder: Path, records: Iterable[Record]) -> Path:
    with RunLogWriter(folder) as writer:
        for record in records:
            writer(record)
    return folder


def report(
    folder: Path, records: Iterable[Record], *, target: Mapping[str, Any] | None = None, **ending: Any
) -> Report:
    """The report of these records between a header, which intends what they are about, and a footer."""
    records = list(records)
    verdicts = [r for r in records if r["type"] == "verdict"]
    intended = dict.fromkeys(r["requirement"] for r in verdicts if "as" not in r)
    fitness = [r["requirement"] for r in verdicts if "as" in r]
    first = {**header(intended, **(target or {})), "fitness": fitness}
    write(folder, [first, *records, footer(**ending)])
    return score.evaluate(runlog.read(folder), SPEC)


def card(found: Report, width: int = 100) -> str:
    """The score card as it is printed where there is no terminal."""
    out = io.StringIO()
    terminal.show(found, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def hostile_records() -> list[Record]:
    """MBOX-2 failed at a target that puts markup and control characters wherever it can."""
    answer = {
        "headers": [["x-header", HOSTILE]],
        "body": {"bytes": 9, "json": {HOSTILE: [HOSTILE]}},
        "decrypted": {HOSTILE: HOSTILE},
    }
    request = {
        "path": f"/signaling/offer/{HOSTILE}",
        "headers": [["x", HOSTILE]],
        "curl": f"curl '{HOSTILE}'",
    }
    first = exchange(1, answer=answer, request=request)
    second = exchange(2, answer={"headers": [], "body": {"bytes": 4, "text": HOSTILE}})
    third = exchange(3, status=None, answer={"error": HOSTILE})
    failed = a_failure(
        failure={"about": HOSTILE, "wanted": HOSTILE, "got": HOSTILE},
        reason=HOSTILE,
        case=HOSTILE,
        note=f"failed once in company: {HOSTILE}",
    )[-1]
    undecided = verdict("MBOX-3", Verdict.INCONCLUSIVE, reason=HOSTILE)
    left_out = verdict("MBOX-4", Verdict.NOT_RUN, reason=HOSTILE, cause="time")
    return [first, second, third, failed, undecided, left_out]


def site(found: Report, folder: Path) -> dict[str, str]:
    """Every file of the report for people, written into the folder and read again."""
    page.write(found, folder)
    names = (folder / page.WRITTEN).read_text(encoding="utf-8").splitlines()
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}
