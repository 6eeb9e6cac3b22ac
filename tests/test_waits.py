"""How a check lets time pass: what is asked for, what has passed already, and what is not allowed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance import waits
from protocol.operations import Answer
from suite.expectations import Inconclusive, NotRun


@dataclass
class Told:
    """Passes no time; remembers what was asked of it."""

    max_wait: float = 35.0
    length: int = 30
    asked: list[float] = field(default_factory=list)

    def seconds(self, expression: str) -> int:
        assert expression == "offer_lifetime + grace_after"
        return self.length

    async def pass_time(self, seconds: float) -> None:
        self.asked.append(seconds)

    def now(self) -> float:
        return 1234.5


def run(told: Told, scenario: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    async def inside() -> Any:
        waits.passing.set(told)
        return await scenario()

    return asyncio.run(inside())


EXPRESSION = "offer_lifetime + grace_after"


def test_after_waits_for_the_whole_time() -> None:
    told = Told()
    run(told, lambda: waits.after(EXPRESSION))
    assert told.asked == [30]


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the waits stands still: no time passes while a busy machine is slow."""
    now = time.monotonic()
    monkeypatch.setattr(waits.time, "monotonic", lambda: now)


def test_after_takes_off_what_has_passed_since(still: None) -> None:
    told = Told()
    posted = Answer("sendOffer", 200, ended=time.monotonic() - 12)
    run(told, lambda: waits.after(EXPRESSION, since=posted))
    assert told.asked[0] == pytest.approx(18)


def test_after_waits_no_negative_time() -> None:
    told = Told()
    run(told, lambda: waits.after(EXPRESSION, since=Answer("sendOffer", 200, ended=time.monotonic() - 99)))
    assert told.asked == [0]


def test_after_seconds_and_the_targets_time() -> None:
    told = Told()

    async def scenario() -> float:
        await waits.after_seconds(7.5)
        return waits.target_time()

    assert run(told, scenario) == 1234.5
    assert told.asked == [7.5]


def test_still_within_accuses_the_harness_and_not_the_target(still: None) -> None:
    async def scenario(started: float) -> None:
        waits.still_within(EXPRESSION, since=Answer("sendOffer", 200, started=started))

    run(Told(), lambda: scenario(time.monotonic() - 29))
    with pytest.raises(Inconclusive, match="harness was too slow"):
        run(Told(), lambda: scenario(time.monotonic() - 31))


def answers(*statuses: int) -> Callable[[], Awaitable[Answer]]:
    """A probe that gives these one after the other, and then the last for ever."""
    left = list(statuses)

    async def probe() -> Answer:
        return Answer("listRooms", left.pop(0) if len(left) > 1 else left[0])

    return probe


def test_eventually_returns_the_answer_that_was_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "POLL_S", 0.01)
    found = run(Told(), lambda: waits.eventually(answers(401, 401, 200), within=EXPRESSION))
    assert found.status == 200


def test_eventually_returns_the_last_answer_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "POLL_S", 0.01)
    found = run(Told(length=0), lambda: waits.eventually(answers(401), within=EXPRESSION))
    assert found.status == 401


def test_eventually_is_not_run_where_the_run_is_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "POLL_S", 0.01)
    with pytest.raises(NotRun, match="needs up to 30 s") as why:
        run(Told(max_wait=0), lambda: waits.eventually(answers(401), within=EXPRESSION))
    assert why.value.cause == "time"
