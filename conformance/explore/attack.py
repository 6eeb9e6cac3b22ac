"""One attack: methods take turns until the time is over; findings are deduplicated and tried again.

What comes of it is made plain JSON by result.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from conformance.explore.findings import Finding
from conformance.explore.method import Box, Method
from conformance.explore.stage import Arena
from reports.reproduction.fault import Forms
from reports.reproduction.script import Script

FIRST_S, LONGEST_S = 5.0, 60.0  # of a turn: short at first, so that what is easy to find is found soon
SHORTEST_S = 1.0  # a turn of less is not worth beginning
TICK_S = 0.5
OVERRUN_S = 60.0  # a method may still be making a finding smaller when its turn is over
STOP_S = 3.0  # but not once the attack is stopped
AGAIN, AGAIN_S = 2, 30.0  # how often a finding is tried again, and how long each may take
MOST = 100  # findings of one attack: beyond them a target is broken enough
MOST_OF_ONE = 5  # of one requirement
Came = TypeVar("Came")


@dataclass
class Turn:
    """How one method fared. `error` is ours: the method itself failed. `notes` are said of the target."""

    method: Method
    seconds: float = 0.0
    error: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Found:
    """A finding with what came of trying it again: `again` of `tried`. Its exchanges are in its forms."""

    finding: Finding
    forms: Forms
    after_s: float
    method_s: float
    times: int = 1
    again: int = 0
    tried: int = 0


@dataclass
class Attack:
    """Runs once. `said` hears of each new finding and now and then, for progress."""

    arena: Arena
    methods: Sequence[Method]
    seconds: float
    said: Callable[[Attack], None] = lambda attack: None
    only_first: bool = False  # a method that has found something rests: to measure how soon each does
    turns: list[Turn] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    stopped: str = ""
    now: str = ""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

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

    async def run(self) -> None:
        """All turns, until the time is over."""
        self.began, self._started = datetime.now(UTC), time.monotonic()
        for turn, seconds in self._slices():
            self.now = turn.method.name
            self.said(self)
            await self._take(turn, seconds)
        self.now = ""
        self.said(self)

    async def replay(self, name: str, replay: Mapping[str, Any]) -> None:
        """Only does once more what a finding's replay says. Raises ReplayError."""
        self.began, self._started = datetime.now(UTC), time.monotonic()
        turn = next(turn for turn in self.turns if turn.method.name == name)
        self.turns, self.now = [turn], name
        self.said(self)
        box = self._box = Box(max(self.seconds, AGAIN_S))
        finding = await self._within(box, turn, turn.method.again(replay))
        turn.seconds, self.now = self.elapsed_s, ""
        turn.method.covered.cases += 1
        if finding is not None:
            self.found.append(self._kept(finding, turn, self.elapsed_s))

    # -- turns

    def _slices(self) -> Iterator[tuple[Turn, float]]:
        """Whose turn it is, and how long, until the time is over. At first there is time for each."""
        length = FIRST_S
        while True:
            waiting = [turn for turn in self.turns if not turn.error and not self._rests(turn)]
            if not waiting:
                return
            for place, turn in enumerate(waiting):
                left = self.seconds - self.elapsed_s
                if left < SHORTEST_S or self.stopped or len(self.found) >= MOST:
                    return
                share = left / (len(waiting) - place) if length == FIRST_S else left
                yield turn, min(length, share)
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
            one = self._known(finding)
            if one is not None:
                one.times += 1
            elif self._wanted(finding):
                found = self._kept(finding, turn, turn.seconds + time.monotonic() - started)
                self.found.append(found)
                fresh.append(found)
                self.said(self)
                if self.only_first:
                    box.stopped.set()

        try:
            await self._within(box, turn, turn.method.run(box, report))
        except Exception as error:  # a fault of ours must not cost what the others find
            turn.error = f"{type(error).__name__}: {error}"
        turn.seconds += time.monotonic() - started
        if not self.only_first:
            for found in fresh:
                await self._try_again(turn, found)

    async def _within(self, box: Box, turn: Turn, doing: Coroutine[None, None, Came]) -> Came | None:
        """A method that goes on although its box is over is left behind. Tells of the progress meanwhile."""
        task = asyncio.ensure_future(doing)
        over: float | None = None
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=TICK_S)
                self.said(self)
                now = time.monotonic()
                over = (over or now) if box.over else None
                if over is not None and now - over > (STOP_S if self.stopped else OVERRUN_S):
                    task.cancel()
                    await asyncio.wait({task}, timeout=STOP_S)  # it may still report what it has
                    if not self.stopped:
                        turn.notes.append(f"was still waiting for the target {OVERRUN_S:g} s after its turn")
                    return None
        except asyncio.CancelledError:
            task.cancel()
            raise
        return await task

    def _known(self, finding: Finding) -> Found | None:
        return next((one for one in self.found if one.finding.key == finding.key), None)

    def _wanted(self, finding: Finding) -> bool:
        requirement = finding.complaint.requirement
        alike = sum(one.finding.complaint.requirement == requirement for one in self.found)
        return alike < MOST_OF_ONE and len(self.found) < MOST

    def _kept(self, finding: Finding, turn: Turn, method_s: float) -> Found:
        """The finding as it is told: the exchanges, which may be large, are needed no more."""
        world = self.arena.world
        finding = replace(finding, replay={**finding.replay, "about": finding.about})
        clock = world.spec.test_control.get("advanceClock", "") if world.control is not None else ""
        forms = Script(finding.fault(world.spec), world.target.base_url, clock).forms()
        return Found(replace(finding, exchanges=()), forms, self.elapsed_s, method_s)

    async def _try_again(self, turn: Turn, found: Found) -> None:
        """Whether the same comes again says how much of it is chance."""
        finding = found.finding
        for _ in range(AGAIN):
            if self.stopped or turn.error:
                return
            box = self._box = Box(AGAIN_S)
            try:
                second = await self._within(box, turn, turn.method.again(finding.replay))
            except Exception as error:
                turn.error = f"while trying a finding again: {type(error).__name__}: {error}"
                return
            if self.stopped:
                return
            found.tried += 1
            found.again += second is not None and second.about == finding.about
