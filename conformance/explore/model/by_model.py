"""The method `model`: people do what a state machine chooses, and the model judges every answer."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from conformance.explore.corpus import entries
from conformance.explore.findings import Covered, Finding, is_about
from conformance.explore.method import Box, ReplayError
from conformance.explore.model.actions import Action, from_json
from conformance.explore.model.machine import Machine
from conformance.explore.model.machine_play import Found, Stop
from conformance.explore.model.minimise import minimised
from conformance.explore.model.player import NAME, Player, Wrong, play_all
from conformance.explore.stage import Arena, Report
from protocol.mint import MintError

T = TypeVar("T")

STEPS = 30  # of one play
PLAYS = 50  # of one round, which has a seed of its own
SHRINK_S = 15.0  # for making one finding short; it may go on so long after the box is over
ALIKE = 3  # findings of one requirement; after that they are taken for the same
REPLAY_S = 60.0


class NoPeople(Stop):
    """The target's source of tokens has too few."""


class ModelMethod:
    """Rounds of plays. A round begins with a seed that the attack's and its number decide."""

    name = NAME

    def __init__(self, arena: Arena, corpus: Path | None = None) -> None:
        """What was found before, in the folder `corpus`, is played first."""
        self.arena = arena
        self.covered = Covered()
        self._past = [entry.replay for entry in entries(corpus) if entry.method == NAME]
        self.steps = 0
        self._round = 0
        self._known: set[tuple[str, ...]] = set()
        self._alike: Counter[str | None] = Counter()

    async def run(self, box: Box, report: Report) -> None:
        """Explores until the box is over; making a finding short may take a little longer."""
        while self._past and not box.over:
            with contextlib.suppress(ReplayError):
                finding = await self.again(self._past.pop(0))
                if finding is not None:
                    report(finding)
        while not box.over:
            self._round += 1
            thread = _Thread(self, box, asyncio.get_running_loop())
            try:
                found = await asyncio.to_thread(
                    thread.run, self.arena.chance(NAME, self._round).getrandbits(60)
                )
            except NoPeople as error:
                self._note(f"no plays: {error}")
                return
            except asyncio.CancelledError:
                box.stopped.set()
                if isinstance(thread.stop, Found):
                    report(_whole(thread.stop))
                raise
            if found is not None:
                await self._shortened(found, box, report)
        self.covered.notes = [note for note in self.covered.notes if not note.endswith(" compared")]
        self._note(f"{self.steps} steps compared")

    async def again(self, replay: Mapping[str, Any]) -> Finding | None:
        """Plays a finding's actions again; what it is about where it is wrong this time too, or None. Raises
        ReplayError.
        """
        try:
            actions = [from_json(found) for found in replay["actions"]]
        except (KeyError, TypeError, AttributeError) as error:
            raise ReplayError(f"expected actions, a list of those that {NAME} plays: {error}") from None

        def is_it(wrong: Wrong) -> bool:
            return is_about(wrong.verdict.complaint, replay)

        return await _played(self.arena, self.covered, actions, Box(REPLAY_S), is_it)

    def new(self, found: Sequence[Wrong]) -> Wrong | None:
        """The first that is not known yet."""
        for wrong in found:
            requirement = wrong.verdict.complaint.requirement
            if wrong.key not in self._known and self._alike[requirement] < ALIKE:
                return wrong
        return None

    def _note(self, words: str) -> None:
        if words not in self.covered.notes:
            self.covered.notes.append(words)

    async def _shortened(self, found: Found, box: Box, report: Report) -> None:
        """Reports the finding with as few actions as do; as it is by then where it is cut off."""
        wrong = found.wrong
        self._known.add(wrong.key)
        self._alike[wrong.verdict.complaint.requirement] += 1
        best = _whole(found)
        # What it does with the target is to be stopped as all else is, but is not cut off by the slice's end.
        own = Box(SHRINK_S, box.stopped)

        def is_it(other: Wrong) -> bool:
            return other.alike == wrong.alike

        async def fails(actions: Sequence[Action]) -> bool:
            nonlocal best
            finding = await _played(self.arena, self.covered, actions, own, is_it)
            best = finding or best
            return finding is not None

        done = False
        try:
            _, done = await minimised(found.player.actions, fails, lambda: own.over)
        finally:
            self._known.add(best.key)
            report(replace(best, minimal=done))


def _whole(found: Found) -> Finding:
    return found.player.finding(found.wrong, minimal=False)


async def _played(
    arena: Arena, covered: Covered, actions: Sequence[Action], box: Box, is_it: Callable[[Wrong], bool]
) -> Finding | None:
    """Plays the actions on new people; the finding that is the one that is looked for, if it comes up."""
    player: Player | None = None
    try:
        player = await play_all(arena, covered, actions, box, is_it)
        for wrong in player.wrong:
            if is_it(wrong):
                return player.finding(wrong, minimal=False)
    except MintError:
        return None
    finally:
        if player is not None:
            await player.close()
    return None


class _Thread:
    """One round in a thread of its own, for Hypothesis waits for every step; the steps go to the loop."""

    def __init__(self, method: ModelMethod, box: Box, loop: asyncio.AbstractEventLoop) -> None:
        self.method = method
        self.box = box
        self.loop = loop
        self.stop: Stop | None = None

    def run(self, seed: int) -> Found | None:
        """What was found new, or None when the round or the time is over."""

        def factory() -> Machine:
            return Machine(self)

        seeded = cast("type[RuleBasedStateMachine]", hypothesis.seed(seed)(factory))
        try:
            run_state_machine_as_test(seeded, settings=SETTINGS)
        except (Stop, HypothesisException):
            # Where a play is cut off Hypothesis may miss the draws that a like one went on with, and say that
            # instead.
            if self.stop is None:
                raise
        if isinstance(self.stop, NoPeople):
            raise self.stop
        return self.stop if isinstance(self.stop, Found) else None

    def stops(self, why: Stop) -> Stop:
        if not isinstance(self.stop, Found):  # what was found is not forgotten for a play's bad end
            self.stop = why
        return why

    # -- the machine's engine

    def open(self) -> Player:
        player = Player(self.method.arena, self.method.covered, self.box)
        try:
            self._on_loop(player.open)
        except MintError as error:
            raise self.stops(NoPeople(str(error))) from None
        self.method.covered.cases += 1
        return player

    def close(self, player: Player) -> None:
        self.method.steps += player.steps
        self._on_loop(player.close, always=True)

    def play(self, player: Player, action: Action) -> None:
        new = self.method.new(self._on_loop(lambda: player.play(action)))
        if new is not None:
            raise self.stops(Found(player, new))

    def _on_loop(self, what: Callable[[], Coroutine[Any, Any, T]], *, always: bool = False) -> T:
        if self.box.over and not always:
            raise self.stops(Stop())
        try:
            return asyncio.run_coroutine_threadsafe(what(), self.loop).result()
        except (concurrent.futures.CancelledError, RuntimeError):
            raise self.stops(Stop()) from None


SETTINGS = settings(
    max_examples=PLAYS,
    stateful_step_count=STEPS,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    derandomize=False,
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    verbosity=Verbosity.quiet,
)
