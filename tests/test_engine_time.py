"""How the engine lets time pass: waits overlap, --max-wait bounds them, a controlled clock is moved alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from engine_kit import Clock, job, run, verdicts, waiting_for

from conformance.control import ControlError
from conformance.waits import after, after_seconds, target_time
from suite.expectations import expect

NAMES = [f"check_{letter}" for letter in "abcdefgh"]


def noting(name: str, events: list[str], *, seconds: float = -1) -> Any:
    """A check that notes when it starts, when it is back from its wait, and when it ends."""

    async def check() -> None:
        events.append(f"{name} starts")
        if seconds >= 0:
            await after_seconds(seconds)
            events.append(f"{name} is back")
        await asyncio.sleep(0)
        expect(True, "this").equals(True)
        events.append(f"{name} ends")

    check.__name__ = name
    return check


# -- order


def order(seed: int, **how: Any) -> list[str]:
    events: list[str] = []
    run([job(noting(name, events)) for name in NAMES], seed=seed, concurrency=1, **how)
    return [event.removesuffix(" starts") for event in events if event.endswith("starts")]


def test_the_order_is_the_seeds() -> None:
    assert order(5) == order(5)
    assert sorted(order(5)) == NAMES
    assert len({tuple(order(seed)) for seed in range(6)}) > 3, "other seeds, other orders"


def test_those_who_wait_longest_start_first() -> None:
    events: list[str] = []
    jobs = [job(noting(name, events)) for name in NAMES]
    jobs.append(job(noting("long", events), wait="offer_lifetime"))
    jobs.append(job(noting("short", events), wait="poll_interval"))
    run(jobs, seed=3, concurrency=1)
    starts = [event for event in events if event.endswith("starts")]
    assert starts[:2] == ["long starts", "short starts"]


# -- real time


def test_waits_overlap_even_where_one_acts_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    waiting_for(monkeypatch, lambda: lambda: sum(event.endswith("starts") for event in events) == len(NAMES))
    run([job(noting(name, events, seconds=0.2)) for name in NAMES], concurrency=1)
    backs = [number for number, event in enumerate(events) if event.endswith("is back")]
    starts = [number for number, event in enumerate(events) if event.endswith("starts")]
    assert max(starts) < min(backs), "every timer runs before the first is over"


def test_others_act_while_one_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    waiting_for(monkeypatch, lambda: lambda: sum(event.endswith("ends") for event in events) == len(NAMES))
    waiting = job(noting("waiting", events, seconds=0.2), wait="offer_lifetime")
    run([waiting, *(job(noting(name, events)) for name in NAMES)], concurrency=1)
    assert events[0] == "waiting starts"
    assert events[-2:] == ["waiting is back", "waiting ends"]


def test_the_waits_of_checks_that_failed_overlap_too(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []

    def begun() -> int:
        return sum(event.endswith("starts") for event in events)

    def both() -> Callable[[], bool]:
        wanted = 2 if begun() <= 2 else 4  # both, and both again
        return lambda: begun() >= wanted

    waiting_for(monkeypatch, both)

    def failing(name: str) -> Any:
        async def check() -> None:
            events.append(f"{name} starts")
            await after_seconds(0.2)
            events.append(f"{name} is back")
            expect(1, "one").equals(2)

        check.__name__ = name
        return check

    found = verdicts(run([job(failing("one")), job(failing("two"))]))
    assert {record["verdict"] for record in found.values()} == {"fail"}
    again = events[4:]
    assert [event.split()[1] for event in again] == ["starts", "starts", "is", "is"], again


def test_a_wait_longer_than_allowed_is_not_run() -> None:
    async def waits() -> None:
        await after("offer_lifetime + grace_after")
        expect(1, "one").equals(1)

    found = verdicts(run([job(waits)], max_wait=10))["waits"]
    assert (found["verdict"], found["cause"]) == ("not-run", "time")
    assert found["reason"] == "needs 35 s of waiting; --max-wait allows 10 s"


def test_the_targets_time_is_ours_without_control() -> None:
    import time

    times: list[float] = []

    async def asks() -> None:
        times.append(target_time())
        expect(1, "one").equals(1)

    run([job(asks)])
    assert times[0] == pytest.approx(time.time(), abs=5)


# -- a controlled clock


def test_clock_checks_run_last_and_alone_each_on_a_clock_that_was_put_back() -> None:
    events: list[str] = []
    movers = [job(noting(name, events, seconds=30), clock=True) for name in ("mover", "shaker")]
    others = [job(noting(name, events)) for name in NAMES]
    found = verdicts(run([*movers, *others], control=Clock(events)))
    assert {record["verdict"] for record in found.values()} == {"pass"}
    assert {event.split()[0] for event in events[: 2 * len(NAMES)]} == set(NAMES)
    first, second = sorted(("mover", "shaker"), key=lambda name: events.index(f"{name} starts"))
    assert events[2 * len(NAMES) :] == [
        *(f"{first} starts", "advance 30", f"{first} is back", f"{first} ends", "reset"),
        *(f"{second} starts", "advance 30", f"{second} is back", f"{second} ends", "reset"),
    ]


def test_under_control_no_wait_is_too_long() -> None:
    events: list[str] = []
    found = verdicts(
        run([job(noting("mover", events, seconds=3600), clock=True)], control=Clock(events), max_wait=0)
    )
    assert found["mover"]["verdict"] == "pass"
    assert "advance 3600" in events


class Stuck(Clock):
    async def reset(self) -> None:
        raise ControlError("test control: POST /__test__/reset: wanted 200, got 500")


def test_a_clock_that_cannot_be_put_back_ends_the_run() -> None:
    events: list[str] = []
    movers = [job(noting(name, events, seconds=30), clock=True) for name in ("mover", "shaker")]
    found = verdicts(run(movers, control=Stuck(events)))
    assert sorted(record["verdict"] for record in found.values()) == ["not-run", "pass"]
    (undone,) = (record for record in found.values() if record["verdict"] == "not-run")
    assert "the clock is no longer the same for all checks" in undone["reason"]


class Jammed(Clock):
    async def advance(self, seconds: float) -> None:
        raise ControlError("test control: POST /__test__/clock: wanted 200, got 404")


def test_a_clock_that_does_not_move_is_undecided() -> None:
    found = verdicts(run([job(noting("mover", [], seconds=30), clock=True)], control=Jammed([])))["mover"]
    assert found["verdict"] == "inconclusive"
    assert "wanted 200, got 404" in found["reason"]
