"""The observers of a run: what each has seen becomes its verdict record."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from engine_kit import SPEC

from conformance.registry import Observer, Sight
from conformance.watching import Watch, Watches
from protocol.operations import Answer
from protocol.transcript import Redactor
from reports.runlog import Record

SECRET = "a secret word of alice"


def observer(at_end: Any = None) -> Observer:
    """Judges answers of the health operation: it complains of any that is no 200."""

    def complains(sight: Sight) -> str | None:
        return None if sight.answer.status == 200 else f"it was {sight.answer.status} {SECRET}"

    return Observer("ERR-3", "it_is_well", complains, lambda a: a.operation == "health", __name__, at_end)


def seen(*statuses: int, operation: str = "health") -> Watch:
    """What it has made of these answers, the first of which is exchange 1 of attempt A#1."""
    redactor = Redactor([])
    redactor.add(SECRET, "alice token")
    watch = Watch(observer())
    for number, status in enumerate(statuses, 1):
        watch.saw(Sight(SPEC, Answer(operation, status, exchange=number)), f"A#{number}", redactor)
    return watch


def record(watch: Watch, at_the_end: str | None = None) -> Record:
    return watch.record(at_the_end, "no answer of health was seen")


def test_where_nothing_is_wrong_it_passes() -> None:
    assert record(seen(200, 200)) == {
        "type": "verdict",
        "requirement": "ERR-3",
        "check": "it_is_well",
        "case": "",
        "verdict": "pass",
        "reason": "",
        "attempt": "",
        "attempts": 1,
        "exchange": None,
        "seconds": 0.0,
        "note": "2 answers looked at",
    }


def test_the_first_complaint_is_the_reason_and_its_answer_the_evidence() -> None:
    found = record(seen(200, 500, 200))
    assert (found["verdict"], found["reason"]) == ("fail", "it was 500 «alice token»")
    assert (found["attempt"], found["exchange"], found["note"]) == ("A#2", 2, "3 answers looked at")


def test_of_many_complaints_it_says_how_many() -> None:
    found = record(seen(200, 500, 503), "and something at the end")
    assert found["reason"] == "it was 500 «alice token» (2 of 3 answers)"
    assert (found["attempt"], found["exchange"]) == ("A#2", 2)


def test_what_is_found_at_the_end_fails_too() -> None:
    found = record(seen(200), "the log holds it")
    assert (found["verdict"], found["reason"]) == ("fail", "the log holds it")
    assert "cause" not in found


@pytest.mark.parametrize("watch", [seen(), seen(500, operation="joinRoom")])
def test_where_no_answer_was_of_its_kind_it_was_not_run(watch: Watch) -> None:
    found = record(watch)
    assert (found["verdict"], found["reason"]) == ("not-run", "no answer of health was seen")
    assert (found["cause"], found["note"]) == ("stopped", "0 answers looked at")


def test_every_observer_sees_everything_and_looks_at_what_is_left_behind() -> None:
    world: Any = SimpleNamespace(left="a log")
    watches = Watches([observer(), observer(lambda there: f"found in {there.left}")])
    watches.saw(Sight(SPEC, Answer("health", 200, exchange=1)), "A#1", Redactor([]))
    broken = Watches([observer()])
    broken.saw(Sight(SPEC, Answer("health", 500, exchange=1)), "A#1", Redactor([]))

    async def all_of(some: Watches) -> list[Record]:
        return [one async for one in some.records(world, "nothing")]

    first, second = asyncio.run(all_of(watches))
    assert asyncio.run(all_of(broken))[0]["attempt"] == "A#1"
    assert (first["verdict"], second["verdict"]) == ("pass", "fail")
    assert second["reason"] == "found in a log"
