"""One attack: methods take turns until the time is over; findings are deduplicated and tried again.

The result is plain JSON (reports/schemas/attack.schema.json), of which the reports are made.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance.explore.findings import Finding, Record
from conformance.explore.method import Box, Method
from conformance.explore.script import Script
from conformance.explore.stage import Arena
from conformance.plan import offered
from suite.opening import version

FORMAT = 1
FIRST_S, LONGEST_S = 5.0, 60.0  # of a turn: short at first, so that what is easy to find is found soon
SHORTEST_S = 1.0  # a turn of less is not worth beginning
TICK_S = 0.5
OVERRUN_S = 60.0  # a method may still be making a finding smaller when its turn is over
STOP_S = 3.0  # but not once the attack is stopped
AGAIN = 2  # how often a finding is tried again
MOST = 100  # findings of one attack: beyond them a target is broken enough
MOST_OF_ONE = 5  # of one requirement
UNASKED = ("health",)  # answers anybody


@dataclass
class Turn:
    """How one method fared. `error` is ours: the method itself failed."""

    method: Method
    seconds: float = 0.0
    error: str = ""


@dataclass
class Found:
    """A finding with what came of trying it again: `again` of `tried`."""

    finding: Finding
    after_s: float
    method_s: float
    times: int = 1
    again: int = 0
    tried: int = 0


@dataclass
class Attack:
    """Runs once. `said` hears of each new finding and of each turn, for progress."""

    arena: Arena
    methods: Sequence[Method]
    seconds: float
    said: Callable[[Attack], None] = lambda attack: None
    only_first: bool = False  # a method that has found something rests: to measure how soon each does
    turns: list[Turn] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    stopped: str = ""
    now: str = ""

    def __post_init__(self) -> None:
        self.turns = [Turn(method) for method in self.methods]
        self._box: Box | None = None
        self._started = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def stop(self, reason: str) -> None:
        """Ends it soon, from any thread; what was found is kept."""
        self.stopped = self.stopped or reason
        if self._box is not None:
            self._box.stopped.set()

    async def run(self) -> Record:
        """The result, as JSON."""
        began = datetime.now(UTC)
        self._started = time.monotonic()
        for turn, seconds in self._slices():
            self.now = turn.method.name
            self.said(self)
            await self._take(turn, seconds)
        self.now = ""
        self.said(self)
        return self._result(began)

    async def replay(self, name: str, replay: Mapping[str, Any]) -> Record:
        """Only does once more what a finding's replay says."""
        began = datetime.now(UTC)
        turn = next(turn for turn in self.turns if turn.method.name == name)
        self.turns = [turn]
        finding = await turn.method.again(replay)
        turn.seconds = self.elapsed_s
        turn.method.covered.cases += 1
        if finding is not None:
            self.found.append(Found(finding, self.elapsed_s, self.elapsed_s))
        return {**self._result(began), "shallow": []}

    # -- turns

    def _slices(self) -> Iterator[tuple[Turn, float]]:
        """Whose turn it is, and how long, until the time is over."""
        length = min(FIRST_S, self.seconds / max(1, len(self.turns)))
        while True:
            waiting = [turn for turn in self.turns if not turn.error and not self._rests(turn)]
            if not waiting:
                return
            for turn in waiting:
                left = self.seconds - self.elapsed_s
                if left < SHORTEST_S or self.stopped or len(self.found) >= MOST:
                    return
                # What is left of the time is shared by those whose turn is still to come.
                yield turn, min(length, left)
            length = min(2 * length, LONGEST_S)

    def _rests(self, turn: Turn) -> bool:
        name = turn.method.name
        return self.only_first and any(found.finding.method == name for found in self.found)

    async def _take(self, turn: Turn, seconds: float) -> None:
        self._box = box = Box(seconds)
        if self.stopped:
            return
        started = time.monotonic()
        fresh: list[Found] = []

        def report(finding: Finding) -> None:
            now = time.monotonic()
            one = self._known(finding)
            if one is not None:
                one.times += 1
            elif self._wanted(finding):
                found = Found(finding, now - self._started, turn.seconds + now - started)
                self.found.append(found)
                fresh.append(found)
                self.said(self)
                if self.only_first:
                    box.stopped.set()

        try:
            await self._within(box, turn.method.run(box, report))
        except Exception as error:  # a fault of ours must not cost what the others find
            turn.error = f"{type(error).__name__}: {error}"
        turn.seconds += time.monotonic() - started
        if not self.only_first:
            for found in fresh:
                await self._try_again(turn.method, found)

    async def _within(self, box: Box, running: Coroutine[None, None, None]) -> None:
        """A method that goes on although its box is over is left behind. Tells of the progress meanwhile."""
        task = asyncio.ensure_future(running)
        over: float | None = None
        while not task.done():
            await asyncio.wait({task}, timeout=TICK_S)
            self.said(self)
            now = time.monotonic()
            if box.over:
                over = over or now
            patience = STOP_S if self.stopped else OVERRUN_S
            if over is not None and now - over > patience:
                task.cancel()
                if not self.stopped:
                    raise TimeoutError(f"its turn was over {OVERRUN_S:g} s ago")
                return
        await task

    def _known(self, finding: Finding) -> Found | None:
        return next((one for one in self.found if one.finding.key == finding.key), None)

    def _wanted(self, finding: Finding) -> bool:
        requirement = finding.complaint.requirement
        alike = sum(one.finding.complaint.requirement == requirement for one in self.found)
        return alike < MOST_OF_ONE and len(self.found) < MOST

    async def _try_again(self, method: Method, found: Found) -> None:
        """Whether it comes again says how much of it is chance."""
        for _ in range(AGAIN):
            if self.stopped:
                return
            found.tried += 1
            try:
                second = await method.again(found.finding.replay)
            except Exception as error:
                found.tried -= 1
                self.turns[
                    [turn.method for turn in self.turns].index(method)
                ].error = f"while trying a finding again: {type(error).__name__}: {error}"
                return
            found.again += second is not None

    # -- the result

    def _result(self, began: datetime) -> Record:
        world = self.arena.world
        target = world.target
        return {
            "format": FORMAT,
            "run_id": world.run_id,
            "started": began.isoformat(timespec="seconds"),
            "seconds": round(self.elapsed_s, 1),
            "allowed_s": self.seconds,
            "suite": {"name": "parley-conformance", "version": version()},
            "spec": {"version": world.spec.version, "hash": world.spec.hash},
            "target": target.public(),
            "seed": self.arena.seed,
            "clock": "control" if world.control is not None else "real",
            "stopped": self.stopped,
            "shallow": self._shallow(),
            "methods": [self._method(turn) for turn in self.turns],
            "findings": [self._finding(number, one) for number, one in enumerate(self.found, 1)],
        }

    def _shallow(self) -> list[str]:
        """Operations that nobody signed in was answered 200: of these the attack says nothing."""
        accepted = {name for turn in self.turns for name in turn.method.covered.accepted}
        world = self.arena.world
        asked = [
            name
            for profile in world.spec.profiles.values()
            if profile.name in world.target.profiles
            for name in profile.operations
        ]
        return [
            name
            for name in dict.fromkeys(asked)
            if name not in accepted and name not in UNASKED and offered(world.spec, world.target, name)
        ]

    def _method(self, turn: Turn) -> Record:
        covered = turn.method.covered
        return {
            "name": turn.method.name,
            "seconds": round(turn.seconds, 1),
            "cases": covered.cases,
            "requests": covered.requests,
            "accepted": dict(sorted(covered.accepted.items())),
            "notes": list(covered.notes),
            "error": turn.error,
        }

    def _finding(self, number: int, one: Found) -> Record:
        finding, complaint, world = one.finding, one.finding.complaint, self.arena.world
        requirement = world.spec.requirements.get(complaint.requirement or "")
        known = {failure.id: failure.reason for failure in world.target.expected_failures}
        clock = world.spec.test_control.get("advanceClock", "") if world.control is not None else ""
        script = Script(finding, world.spec, world.target.base_url, clock)
        return {
            "number": number,
            "requirement": complaint.requirement,
            "level": requirement.level if requirement else None,
            "sentence": " ".join(requirement.sentence.split()) if requirement else None,
            "expected": known.get(complaint.requirement or ""),
            "method": finding.method,
            "what": finding.what,
            "operation": finding.operation,
            "where": complaint.where,
            "wanted": complaint.wanted,
            "got": complaint.got,
            "after_s": round(one.after_s, 1),
            "method_s": round(one.method_s, 1),
            "times": one.times,
            "again": one.again,
            "tried": one.tried,
            "minimal": finding.minimal,
            "replay": dict(finding.replay),
            "conversation": script.conversation(),
            "curl": script.curl(),
            "test": script.test_file(),
        }
