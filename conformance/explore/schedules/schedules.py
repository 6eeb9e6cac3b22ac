"""The method `schedules`: in which order people take their steps, tried systematically.

All merges of two people's small programs (programs.py), step after step and with steps sent at once; three
people's are drawn by the seed. Few changes between people come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box
from conformance.explore.schedules.explorer import Case, Explorer, kept
from conformance.explore.schedules.programs import Plays
from conformance.explore.stage import Arena, Report
from protocol.spec import Spec
from protocol.target import Target

NAME = "schedules"
TWO, TWO_AT_ONCE, THREE = "two people in turn", "two people, some steps at once", "three people, drawn"
TURNS = (TWO, TWO_AT_ONCE, THREE, TWO_AT_ONCE)


class Schedules:
    """See the module."""

    name = NAME

    def __init__(self, arena: Arena, corpus: Path | None = None) -> None:
        self.covered = Covered()
        self._arena = arena
        self._corpus = corpus
        self._explorer = Explorer(arena, NAME, self.covered, {})
        self._plays = plays_for(arena.world.spec, arena.world.target)
        self.cases = self._all()

    async def run(self, box: Box, report: Report) -> None:
        await self._explorer.run(self.cases, box, report)
        totals = {
            TWO: f"{self._plays.count_two(at_once=False):,} schedules",
            TWO_AT_ONCE: f"{self._plays.count_two(at_once=True):,} schedules",
            THREE: f"{self._plays.count_three():,} in turn, and more at once",
        }
        self.covered.notes = self._explorer.notes(totals)

    async def again(self, replay: Mapping[str, Any]) -> Finding | None:
        """Raises ScheduleError."""
        return await self._explorer.replayed(replay)

    def _all(self) -> Iterator[Case]:
        yield from kept(self._corpus, NAME)
        families = {
            TWO: self._plays.two(self._arena.chance(NAME, TWO), at_once=False),
            TWO_AT_ONCE: self._plays.two(self._arena.chance(NAME, TWO_AT_ONCE), at_once=True),
            THREE: self._plays.three(self._arena.chance(NAME, THREE)),
        }
        while True:
            for family in TURNS:
                schedule = next(families[family], None)
                if schedule is not None:
                    yield family, schedule


def plays_for(spec: Spec, target: Target) -> Plays:
    """With the operations of the profiles that a target claims."""
    offered = {name for profile in target.profiles for name in spec.profiles[profile].operations}
    return Plays(frozenset(offered))
