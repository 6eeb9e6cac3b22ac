"""What the methods that play schedules have in common: a few plays at a time, and from failure to finding."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.explore.corpus import entries
from conformance.explore.findings import Covered, Finding, is_about
from conformance.explore.method import Box
from conformance.explore.schedules.playing import Play, Played
from conformance.explore.schedules.schedule import Schedule, ScheduleError, by_chance, parse, show
from conformance.explore.schedules.shorten import shortened
from conformance.explore.schedules.symptoms import BY_ITSELF, Problem, problems
from conformance.explore.stage import Arena, Report
from protocol.mint import MintError
from reports.reproduction.fault import Complaint

AT_ONCE = 6  # plays at a time; each has people and rooms of its own
TRIES = 3  # of a schedule that needs luck, until it counts as one that does not fail
SURE = 3  # times that one which needs none is played to see that it fails each time
REPEATS = 10  # of one that failed, to say how often it does
GRACE_S = 15.0  # beyond its box a failure may still be shortened: what is long hardly says whose fault it is
ALIKE = 4  # failures that look alike at first sight are shortened; more are counted
CORPUS = "from the corpus"
Case = tuple[str, Schedule]  # the family that it counts for


class Explorer:
    """Plays cases, and makes findings of those that fail. `stage` are further parts of each play's stage."""

    def __init__(self, arena: Arena, method: str, covered: Covered, stage: Mapping[str, Any]) -> None:
        self.arena = arena
        self.method = method
        self.covered = covered
        self.stage = stage
        self.played: Counter[str] = Counter()
        self.unclear: Counter[str] = Counter()
        self.alike: Counter[tuple[str, ...]] = Counter()
        self._reported: set[tuple[str, ...]] = set()
        self._by_itself: set[tuple[str | None, str]] = set()  # requirement and place of what was told
        self.stopped = ""

    async def run(self, cases: Iterator[Case], box: Box, report: Report) -> None:
        await asyncio.gather(*(self._worker(cases, box, report) for _ in range(AT_ONCE)))

    async def _worker(self, cases: Iterator[Case], box: Box, report: Report) -> None:
        while not box.over and not self.stopped:
            case = next(cases, None)
            if case is None:
                return
            family, schedule = case
            try:
                played, found = await self._looked(schedule)
                new = [one for one in found if self._new(one)]
                self.played[family] += 1
                self.covered.cases += 1
                if played.unclear:
                    self.unclear[played.unclear] += 1
                await self._failed(played, new, box, report)
            except MintError as error:
                self.stopped = f"no more people: {error}"

    async def _play(self, schedule: Schedule) -> Played:
        return await Play(self.arena, schedule, self.covered, **self.stage).run()

    def _new(self, found: Problem) -> bool:
        """Whether it is to be looked into. What may be wrong with every answer is told once."""
        if found.what == BY_ITSELF:
            said = (found.complaint.requirement, found.complaint.where)
            new = said not in self._by_itself
            self._by_itself.add(said)
            return new
        asked = (found.what, found.complaint.requirement or "")
        self.alike[asked] += 1
        return self.alike[asked] <= ALIKE

    async def _failed(self, played: Played, new: list[Problem], box: Box, report: Report) -> None:
        """Reports each as short as can be; where that is cut off, as it is."""

        def over() -> bool:
            return box.stopped.is_set() or box.started + box.seconds + GRACE_S < time.monotonic()

        left = list(new)
        try:
            while left:
                finding = await self.finding(played, left[0], over=over)
                self._report(left.pop(0), finding, report)
        finally:
            for found in left:
                replay = {"schedule": show(played.till(found.exchange)), "minimal": False}
                self._report(found, told(self.method, played, found, replay), report)

    def _report(self, found: Problem, finding: Finding, report: Report) -> None:
        # Who is out of a room by a fault is refused everything: that is one finding.
        told_by = finding.key if found.what == BY_ITSELF else asked_of(finding)
        open_ = finding.complaint.requirement is None and any(found.what in told for told in self._reported)
        if told_by not in self._reported and not open_:
            self._reported.add(told_by)
            report(finding)

    async def finding(self, played: Played, found: Problem, *, over: Callable[[], bool]) -> Finding:
        """Of the shortest schedule that fails alike."""
        best, said = played, found
        lucky = False

        async def fails(schedule: Schedule) -> bool:
            nonlocal best, said
            for _ in range(TRIES if lucky or by_chance(schedule) else 1):
                if over():
                    break
                again, seen = await self._looked(schedule)
                alike = next((one for one in seen if one.key == found.key), None)
                if alike is not None:
                    best, said = again, alike
                    return True
            return False

        shortest, minimal = played.till(found.exchange), False
        for _ in range(2):
            shortest, minimal = await shortened(shortest, fails, over=over)
            failed = tried = 0
            while tried < (REPEATS if lucky or by_chance(shortest) else SURE) and not over():
                _, seen = await self._looked(shortest)
                tried += 1
                failed += any(one.key == found.key for one in seen)
            if lucky or by_chance(shortest) or failed == tried:
                break
            lucky = True  # it looked sure, and is not: so it was not made as short as can be
        replay: dict[str, Any] = {"schedule": show(shortest)}
        if tried and (lucky or by_chance(shortest)):
            replay |= {"failed": failed, "of": tried}
        # What needs luck though nothing is sent at once may come of what else goes on.
        replay["minimal"] = minimal and not lucky
        return told(self.method, best, said, replay)

    async def _looked(self, schedule: Schedule) -> tuple[Played, list[Problem]]:
        played = await self._play(schedule)
        return played, problems(played, self.arena.oracle.asks)

    async def replayed(self, replay: Mapping[str, Any]) -> Finding | None:
        """The schedule again, a few times where that may matter: what the replay is about, or None. Raises
        ScheduleError.
        """
        whole = {"minimal": True, **replay}
        schedule = parse(str(replay.get("schedule", "")))
        for _ in range(REPEATS if by_chance(schedule) or "of" in replay else 1):
            played, found = await self._looked(schedule)
            for one in found:
                if is_about(as_told(one, whole), replay):
                    return told(self.method, played, one, whole)
        return None

    def notes(self, totals: Mapping[str, str]) -> list[str]:
        """How much of each family was played, in words."""
        found = [f"{family}: {self.played[family]:,} of {total}" for family, total in totals.items()]
        if self.played[CORPUS]:
            found.insert(0, f"{CORPUS}: {self.played[CORPUS]} schedules")
        found += [f"nothing made of {count} plays: {why}" for why, count in self.unclear.items()]
        more = sum(max(0, count - ALIKE) for count in self.alike.values())
        found += [f"{more} more plays failed like those that are told"] if more else []
        return [*found, *([self.stopped] if self.stopped else [])]


def kept(corpus: Path | None, method: str) -> Iterator[Case]:
    """The schedules of this method's findings in a folder of replays; what is none is passed over."""
    for entry in entries(corpus):
        if entry.method == method:
            with contextlib.suppress(ScheduleError):
                yield CORPUS, parse(str(entry.replay.get("schedule", "")))


def asked_of(finding: Finding) -> tuple[str, ...]:
    return finding.what, finding.complaint.requirement or ""


def as_told(found: Problem, replay: Mapping[str, Any]) -> Complaint:
    """Of what was not shortened and may be many things, the requirement is left open."""
    said = found.complaint
    return said if replay["minimal"] or found.sure else replace(said, requirement=None)


def told(method: str, played: Played, found: Problem, replay: Mapping[str, Any]) -> Finding:
    said, minimal = as_told(found, replay), bool(replay["minimal"])
    got = f"{said.got} (in the schedule {replay['schedule']}"
    if "of" in replay and "failed" in replay:
        got += f", which failed {replay['failed']} times of {replay['of']}"
    said = replace(said, got=f"{got})")
    records = played.stage.records
    place = next((at for at, one in enumerate(records) if one.get("id") == found.exchange), len(records) - 1)
    return played.stage.finding(method, found.what, said, place, replay=replay, minimal=minimal)
