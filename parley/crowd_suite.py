"""The crowd of headless peers, as a suite that `parley score` runs after the checks: SLO-3."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conformance.settings import Settings
from e2e.crowd import Crowd, CrowdError, Order, Progress
from e2e.options import TurnOptions
from e2e.turn import TurnError
from load import verdicts
from parley.load_suite import Emit
from protocol.mint import Minter, MintError
from protocol.spec import Spec
from protocol.target import Target
from reports import peers as judging
from reports.runlog import Cause, verdict_record
from reports.verdicts import Verdict
from suite import guard, worth

TAKES_S = 60.0  # on two cores


class CrowdSuite:
    """As many rooms of two peers at once as the objective asks, of a target that claims `slo`."""

    def __init__(
        self,
        settings: Settings,
        turn: TurnOptions,
        spec: Spec,
        asked: Callable[[str], bool],
        on_progress: Callable[[Progress], None],
        *,
        operated: bool,
    ) -> None:
        """`settings` are the run's; `asked` says of a requirement whether the run is about
        it; `on_progress` hears how it goes on.
        """
        self._settings = settings
        self._turn = turn
        self._operated = operated
        self._spec = spec
        self._asked = asked
        self._on_progress = on_progress
        self._target: Target | None = None
        self._crowd: Crowd | None = None

    @property
    def decides(self) -> frozenset[str]:
        return frozenset({judging.REQUIREMENT})

    @property
    def fitness(self) -> list[str]:
        return []

    @property
    def planned(self) -> list[str]:
        return []

    def target(self, target: Target) -> Target:
        self._target = target
        return target

    def stop(self, reason: str) -> None:
        if self._crowd is not None:
            self._crowd.stop(reason)

    async def run(
        self, minter: Minter, folder: Path, seed: int, stopped: str, emit: Emit, left_s: float | None
    ) -> None:
        target, requirement = self._target, self._spec.requirement(judging.REQUIREMENT)
        assert target is not None, "the target is known before anything is sent to it"
        if requirement.profile not in target.profiles or not self._asked(requirement.id):
            return

        def undecided(why: str, cause: Cause) -> None:
            emit(verdict_record(requirement.id, judging.CHECK, Verdict.NOT_RUN, why, cause=cause))

        if stopped:
            undecided(stopped, "stopped")
            return
        if left_s is not None and left_s < TAKES_S:
            undecided(f"{worth.NO_ROOM}: a crowd of peers takes about {TAKES_S:.0f} s", "time")
            return
        settings = self._settings
        order = Order(
            rooms=self._spec.policy["objectives"]["rooms"],
            target=settings.target,
            target_file=settings.target_file,
            spec_dir=settings.spec_dir,
            turn=self._turn,
            seed=seed,
            operated=self._operated,
            mutant=settings.mutant,
        )
        # The embedded server has no relay of its own; the crowd starts another beside a TURN server.
        mine = None if settings.target is None and settings.target_file is None else (target, minter)
        self._crowd = Crowd(order, self._spec, self._on_progress, given=mine)
        try:
            record = await self._crowd.run()
        except (guard.GuardError, TurnError, MintError, CrowdError) as error:
            undecided(str(error), "tools" if isinstance(error, TurnError) else "elsewhere")
            return
        emit(record)
        emit(judging.verdict(record))
        for verdict in verdicts.broken(record, self._spec):
            if self._asked(verdict["requirement"]):
                emit(verdict)
