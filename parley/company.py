"""The suites that `parley score` runs after the checks: peers and browsers, then a load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from conformance.session import Beside
from load import memory, profiles, verdicts
from load.running import LoadError, LocustError, Order, Running
from protocol.mint import Minter, MintError
from protocol.spec import Spec
from protocol.target import Target
from reports import objectives
from reports.runlog import Cause, Record, verdict_record
from reports.verdicts import Verdict
from suite import guard

NONE = "none"
ERRORS = "SLO-1"  # a target that errs at any lighter load than `steady` errs there too
Emit = Callable[[Record], None]


class Company:
    """Several suites as one, in turn."""

    def __init__(self, suites: Sequence[Beside]) -> None:
        self._suites = suites
        self._stopped = ""

    @property
    def decides(self) -> frozenset[str]:
        return frozenset().union(*(suite.decides for suite in self._suites))

    @property
    def fitness(self) -> list[str]:
        return [name for suite in self._suites for name in suite.fitness]

    def target(self, target: Target) -> Target:
        for suite in self._suites:
            target = suite.target(target)
        return target

    def stop(self, reason: str) -> None:
        self._stopped = self._stopped or reason
        for suite in self._suites:
            suite.stop(reason)

    async def run(self, minter: Minter, folder: Path, seed: int, stopped: str, emit: Emit) -> None:
        for suite in self._suites:
            await suite.run(minter, folder, seed, stopped or self._stopped, emit)


class LoadSuite:
    """One load profile, of a target that claims the profile `slo`.

    What the profile does not decide it can still refute: a MUST that breaks, or too many errors, under a load
    that is lighter than the one which the objectives are asked at.
    """

    def __init__(
        self,
        name: str,
        spec: Spec,
        asked: Callable[[str], bool],
        on_point: Callable[[Record], None],
        *,
        operated: bool,
    ) -> None:
        """`asked` says of a requirement whether the run is about it; `on_point` hears each second of the
        load. Raises ProfileError.
        """
        self._spec = spec
        self._name = name
        self._profile = profiles.find(name, spec)
        self._asked = asked
        self._on_point = on_point
        self._operated = operated
        self._running: Running | None = None
        self._target: Target | None = None

    @property
    def decides(self) -> frozenset[str]:
        return frozenset(self._profile.decides)

    @property
    def fitness(self) -> list[str]:
        return []

    def target(self, target: Target) -> Target:
        self._target = target
        return target

    def stop(self, reason: str) -> None:
        if self._running is not None:
            self._running.stop()

    async def run(self, minter: Minter, folder: Path, seed: int, stopped: str, emit: Emit) -> None:
        target = self._target
        assert target is not None, "the target is known before anything is sent to it"
        asked = self._asked_of(target)
        if ERRORS not in asked:
            return
        mine = [name for name in self._profile.decides if name in asked]
        try:
            if stopped:
                raise LoadError(stopped)
            guard.only_loopback(target.base_url, operated=self._operated)
            memory.only_loopback(target.memory, operated=self._operated)
            order = Order(self._name, self._profile, seed, operated=self._operated)
            self._running = Running(order, self._spec, self._on_point)
            record = await self._running.run(target, minter, folder, target.memory)
        except guard.GuardError as error:
            self._undecided(mine, Verdict.NOT_RUN, str(error), emit)
        except LocustError as error:
            self._undecided([ERRORS], Verdict.HARNESS_ERROR, str(error), emit)
        except (LoadError, MintError) as error:
            self._undecided([ERRORS, *mine], Verdict.NOT_RUN, str(error), emit)
        else:
            emit(record)
            for verdict in self._verdicts(record, mine, target):
                if verdict["requirement"] in asked:
                    emit(verdict)

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

    def _undecided(self, names: list[str], verdict: Verdict, why: str, emit: Emit) -> None:
        for name in dict.fromkeys(names):
            check = f"{verdicts.CHECK}.{self._name}"
            cause: Cause | None = "elsewhere" if verdict is Verdict.NOT_RUN else None
            emit(verdict_record(name, check, verdict, why, cause=cause))
