"""One load profile, as a suite that `parley score` runs after the checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from load import memory, profiles, verdicts
from load.running import LoadError, LocustError, Order, Running
from protocol.mint import Minter, MintError
from protocol.spec import Spec
from protocol.target import Memory, Target
from reports import objectives
from reports.runlog import Cause, Record, verdict_record
from reports.verdicts import Verdict
from suite import guard, worth

STARTS_S = 4.0  # Locust's processes, until they load anything
ERRORS = "SLO-1"  # a target that errs at any lighter load than `steady` errs there too
Emit = Callable[[Record], None]


class LoadSuite:
    """A load of a target that claims the profile `slo`.

    What its profile does not decide it can still refute: a MUST that breaks, or too many errors, under a load
    that is lighter than the one which the objectives are asked at.
    """

    def __init__(
        self,
        name: str,
        spec: Spec,
        asked: Callable[[str], bool],
        on_point: Callable[[str, float, Record], None],
        memory_of: Callable[[Target], Memory | None],
        *,
        operated: bool,
        spec_dir: Path | None,
    ) -> None:
        """`asked` says of a requirement whether the run is about it; `on_point` hears the load's name, how
        long it lasts, and each second of it; `memory_of` says where the target's memory is read.

        Raises ProfileError.
        """
        self._spec = spec
        self._name = name
        self._profile = profiles.find(name, spec)
        self._asked = asked
        self._on_point = on_point
        self._memory_of = memory_of
        self._operated = operated
        self._spec_dir = spec_dir
        self._running: Running | None = None
        self._target: Target | None = None

    @property
    def decides(self) -> frozenset[str]:
        return frozenset(self._profile.decides)

    @property
    def fitness(self) -> list[str]:
        return []

    @property
    def planned(self) -> list[str]:
        return []  # which of its requirements are decided depends on how the load goes

    def target(self, target: Target) -> Target:
        self._target = target
        return target

    def stop(self, reason: str) -> None:
        if self._running is not None:
            self._running.stop()

    async def run(
        self, minter: Minter, folder: Path, seed: int, stopped: str, emit: Emit, left_s: float | None
    ) -> None:
        target = self._target
        assert target is not None, "the target is known before anything is sent to it"
        asked = self._asked_of(target)
        mine = [name for name in self._profile.decides if name in asked]
        if not mine and (self._profile.decides or ERRORS not in asked):
            return
        if stopped:
            self._undecided(mine, Verdict.NOT_RUN, stopped, emit, "stopped")
            return
        about = mine or [ERRORS]
        takes_s = self._profile.seconds + STARTS_S
        if left_s is not None and left_s < takes_s:
            why = f"{worth.NO_ROOM}: the load {self._name} takes about {takes_s:.0f} s"
            self._undecided(about, Verdict.NOT_RUN, why, emit, "time")
            return
        try:
            guard.only_loopback(target.base_url, operated=self._operated)
            memory.only_loopback(target.memory, operated=self._operated)
            order = Order(self._name, self._profile, seed, operated=self._operated, spec_dir=self._spec_dir)
            self._running = Running(order, self._spec, self._heard)
            place = folder / f"load-{self._profile.name}"
            place.mkdir(exist_ok=True)
            record = await self._running.run(target, minter, place, self._memory_of(target))
        except guard.GuardError as error:
            self._undecided(mine, Verdict.NOT_RUN, str(error), emit)
        except LocustError as error:
            self._undecided(about, Verdict.HARNESS_ERROR, str(error), emit)
        except (LoadError, MintError) as error:
            self._undecided(about, Verdict.NOT_RUN, str(error), emit)
        else:
            emit(record)
            for verdict in self._verdicts(record, mine, target):
                if verdict["requirement"] in asked:
                    emit(verdict)

    def _heard(self, point: Record) -> None:
        self._on_point(self._profile.name, self._profile.seconds, point)

    def _asked_of(self, target: Target) -> set[str]:
        """The requirements that this run asks of the target."""
        return {
            requirement.id
            for requirement in self._spec.requirements.values()
            if requirement.profile in target.profiles and self._asked(requirement.id)
        }

    def _verdicts(self, record: Record, mine: list[str], target: Target) -> list[Record]:
        judged = objectives.judge(record)
        near = guard.is_loopback(target.base_url)
        found = list(verdicts.verdicts(record, judged, mine, self._spec, loopback=near))
        wrong = [one for one in judged if one.name == "error_rate" and one.verdict is Verdict.FAIL]
        if ERRORS not in mine and wrong:
            why = f"already at the lighter load of {self._name}: {wrong[0].reason}"
            found.append(verdict_record(ERRORS, f"{verdicts.CHECK}.{self._name}", Verdict.FAIL, why))
        return found

    def _undecided(
        self, names: list[str], verdict: Verdict, why: str, emit: Emit, cause: Cause = "elsewhere"
    ) -> None:
        for name in dict.fromkeys(names):
            check = f"{verdicts.CHECK}.{self._name}"
            because = cause if verdict is Verdict.NOT_RUN else None
            emit(verdict_record(name, check, verdict, why, cause=because))
