"""An engine with checks of a test's own, over a world that is real but for what is replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from report_kit import SPEC, footer, header

from conformance.cast import World
from conformance.engine import Engine, Lane, Options
from conformance.registry import Check, CheckFunction, Job, Observer
from protocol import target as target_module
from protocol.mint import Minter
from protocol.transcript import Transcript
from protocol.wire import Wire, WireOptions
from reports import score
from reports.runlog import Record, RunLogWriter, read
from reports.score import Report

NOWHERE = "http://127.0.0.1:9"
STUCK_S = 120.0


class Clock:
    """Stands for a target's test control: what was done to its clock, in order."""

    def __init__(self, events: list[str]) -> None:
        self.events = events

    async def advance(self, seconds: float) -> None:
        self.events.append(f"advance {seconds:g}")

    async def reset(self) -> None:
        self.events.append("reset")

    def now(self) -> float:
        return 0.0


def job(function: CheckFunction, requirement: str = "ROOM-1", **how: Any) -> Job:
    """A check that is registered nowhere."""
    code = function.__code__
    names = tuple(code.co_varnames[: code.co_argcount])
    return Job(Check(requirement, function.__name__, function, __name__, code.co_firstlineno, names, **how))


def world(
    records: list[Record],
    *,
    url: str = NOWHERE,
    tokens: str = 'secret = "a secret of the tests, long enough for HS256"',
    request_s: float = 5.0,
    control: Any = None,
) -> World:
    text = f'base_url = "{url}"\n[delivery]\ncookie = {{ encrypted = false }}\n[tokens]\n{tokens}\n'
    target = target_module.parse(text, "the test's target", SPEC)
    return World(
        SPEC,
        target,
        Minter(SPEC, target),
        Transcript(records.append, target.base_url, SPEC.policy["names"]["secret_fields"]),
        Wire(WireOptions(target.base_url, request_s=request_s)),
        "abc234",
        control,
    )


def run(
    jobs: Iterable[Job],
    *,
    observers: Iterable[Observer] = (),
    during: Callable[[Engine], Any] | None = None,
    seed: int = 1,
    concurrency: int = 16,
    max_wait: float = 35.0,
    deadline_s: float | None = None,
    confirm: int = 1,
    lane: Lane | None = None,
    budget_s: float | None = None,
    rounds: Callable[[list[Job]], list[list[Job]]] | None = None,
    **more: Any,
) -> list[Record]:
    """Runs the jobs and returns all records. `during` is an async function that acts beside the engine."""
    records: list[Record] = []

    async def inside() -> None:
        there = world(records, **more)
        options = Options(seed, concurrency, max_wait, deadline_s, confirm, budget_s)
        engine = Engine(there, list(jobs), list(observers), options, records.append, lane, rounds)
        try:
            async with asyncio.timeout(STUCK_S):
                await asyncio.gather(engine.run(), *([during(engine)] if during else []))
        finally:
            await there.wire.close()

    asyncio.run(inside())
    return records


def verdicts(records: Iterable[Record]) -> dict[str, Record]:
    """The verdict records by the check's name; fails where one has two."""
    found: dict[str, Record] = {}
    for record in records:
        if record["type"] == "verdict":
            assert record["check"] not in found, f"two verdicts of {record['check']}"
            found[record["check"]] = record
    return found


def report(records: Iterable[Record], folder: Path) -> Report:
    """What the reports make of a run's records."""
    records = list(records)
    intended = dict.fromkeys(record["requirement"] for record in records if record["type"] == "verdict")
    with RunLogWriter(folder) as write:
        for record in (header(intended), *records, footer()):
            write(record)
    return score.evaluate(read(folder), SPEC)
