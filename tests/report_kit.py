"""Run logs made by hand, for the tests of the reports: a header, verdicts, exchanges, a footer."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from protocol.spec import load
from reports import runlog, score, terminal
from reports.runlog import Record, RunLogWriter, verdict_record
from reports.score import Report
from reports.verdicts import Verdict

SPEC = load()
PROFILES = ["core", "auth", "validation"]
ATTEMPT = "MBOX-2 an_offer_is_read_once#1"


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
