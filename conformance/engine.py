"""The engine: runs checks concurrently, overlaps their waits, emits verdict records. No pytest in it.

A check that failed is run again alone, several times, before it is reported, and then on the control lane;
reports/settle.py says what the attempts mean together. Every verdict is a record of the run log
(reports/schemas/runlog.schema.json); `emit` is all the engine knows of reports.
"""

from __future__ import annotations

import asyncio
import random
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from conformance import waits
from conformance.cast import Cast, World
from conformance.control import ControlError, TestControl
from conformance.floor import Floor, Place
from conformance.registry import Job, Observer, Sight
from conformance.watching import Watches
from protocol.mint import MintError
from protocol.operations import Answer
from protocol.transcript import Redactor
from reports.runlog import Cause, verdict_record
from reports.settle import Try, settle
from reports.verdicts import Verdict
from suite import worth
from suite.expectations import CheckFailed, Complaint, Inconclusive, NotRun, Recorder, current

Record = dict[str, Any]
Emit = Callable[[Record], None]

CHECK_S = 90.0  # a check's own work, waits aside; more than that is a hang
SILENT = 6  # so many requests in a row without any HTTP answer: ask whether the target is still there
LOST_S = 30.0  # so long with none, though health is answered: the target is lost all the same


@dataclass(frozen=True)
class Options:
    """How a run goes. `max_wait` bounds the waits that are done at all, `deadline_s` the run as a whole;
    `confirm` is how often a failed check is tried alone. `budget_s` bounds the run too, and is no reason to
    complain of what it left out.
    """

    seed: int
    concurrency: int = 16
    max_wait: float = 35.0
    deadline_s: float | None = None
    confirm: int = 1
    budget_s: float | None = None


class Lane(Protocol):
    """Where a failed check is tried on a server that is known to be right (control_lane.py)."""

    async def judge(self, job: Job) -> Result: ...


@dataclass(frozen=True)
class Result:
    """What one attempt of a job brought."""

    verdict: Verdict
    attempt: str
    reason: str = ""
    complaint: Complaint | None = None
    exchange: int | None = None
    seconds: float = 0.0
    note: str = ""
    cause: Cause = "stopped"
    alone: bool = False
    cut: bool = False

    def as_try(self) -> Try:
        return Try(self.attempt, self.verdict, self.reason, self.alone)


@dataclass
class Passing:
    """How time passes for one attempt: by sleeping, or by moving the clock of a target under control."""

    engine: Engine
    place: Place
    waited: float = 0.0
    max_wait: float = 0.0

    def seconds(self, expression: str) -> int:
        return self.engine.world.spec.seconds(expression)

    def now(self) -> float:
        control = self.engine.world.control
        return control.now() if control else time.time()

    async def pass_time(self, seconds: float) -> None:
        control = self.engine.world.control
        if control is not None:
            await control.advance(seconds)
            return
        if seconds > self.max_wait:
            raise NotRun(f"needs {seconds:g} s of waiting; --max-wait allows {self.max_wait:g} s", "time")
        if self.engine.world.minter.capacity is not None:
            await asyncio.sleep(seconds)  # on its place: whoever came in meanwhile would find no users left
            return
        await self.place.sleep(seconds)


@dataclass
class Engine:
    """Runs the jobs and observers it is given, once."""

    world: World
    jobs: list[Job]
    observers: Iterable[Observer]
    options: Options
    emit: Emit
    lane: Lane | None = None
    rounds: Callable[[list[Job]], list[list[Job]]] | None = None
    """The jobs in parts that are begun one after the other; without it all are begun at once."""
    _gone: str = ""
    stopped: str = ""
    _spent: bool = False
    _probing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._watches = Watches(self.observers)
        self._requirements = {job.id: job.check.requirement for job in self.jobs}
        self._floor = Floor(self.options.concurrency)
        self.world.watch = self._saw

    async def run(self) -> None:
        """Every job and observer gets exactly one verdict, whatever happens."""
        tasks: dict[Job, asyncio.Task[None]] = {}
        timers = self._timers()
        try:
            for part in self.rounds(self.jobs) if self.rounds is not None else [self.jobs]:
                await self._play(part, tasks)
            ended = await asyncio.gather(*tasks.values(), return_exceptions=True)
        finally:
            for timer in timers:
                timer.cancel()
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        for job in self.jobs:
            if job not in tasks or tasks[job].cancelled():  # stopped before it could say so itself
                self.emit(_verdict_record(job, self._cut(""), []))
        for error in ended:
            if isinstance(error, Exception):
                raise error
        nothing = self.stopped or self._gone or "no answer of this run was of the kind it judges"
        async for record in self._watches.records(self.world, nothing):
            self.emit(record)

    async def _play(self, jobs: list[Job], tasks: dict[Job, asyncio.Task[None]]) -> None:
        """Begins these jobs, and waits for those that need not wait themselves: the next are begun then."""
        if self.stopped or self._spent:
            return
        order = self._in_order(jobs)
        tasks |= {job: asyncio.create_task(self._job(job), name=job.id) for job in order}
        waits = self.world.control is None
        prompt = [tasks[job] for job in order if not (waits and job.check.wait_s(self.world.spec))]
        await asyncio.gather(*prompt, return_exceptions=True)

    def _timers(self) -> list[asyncio.TimerHandle]:
        loop, options = asyncio.get_running_loop(), self.options
        found = []
        if options.deadline_s is not None:
            found.append(loop.call_later(options.deadline_s, self.stop, "the deadline was over"))
        if options.budget_s is not None:
            found.append(loop.call_later(max(0.0, options.budget_s), self._budget_is_spent))
        return found

    def stop(self, reason: str) -> None:
        """What has not been decided by now is not run. Safe to call from the engine's own loop only."""
        self.stopped = self.stopped or reason
        self._cancel()

    def _budget_is_spent(self) -> None:
        self._spent = True
        self._cancel()

    def _cancel(self) -> None:
        for task in asyncio.all_tasks():
            if task.get_name() in self._requirements:
                task.cancel()

    def _in_order(self, jobs: Iterable[Job]) -> list[Job]:
        """Random, but those that wait longest first, so that all timers start early."""
        spec = self.world.spec
        jobs = list(jobs)
        random.Random(self.options.seed).shuffle(jobs)  # noqa: S311
        if self.world.control is not None:
            return sorted(jobs, key=lambda job: job.check.moves_clock(spec))
        return sorted(jobs, key=lambda job: -job.check.wait_s(spec))

    async def _job(self, job: Job) -> None:
        tries: list[Result] = []
        control: Result | None = None
        try:
            await self.attempt(job, tries)
            result = settled(job, tries)
            control = await self._control(job, result)
            result = _controlled(result, control)
        except asyncio.CancelledError:
            if not any(one.cut for one in tries):
                tries.append(self._cut(f"{job.id}#{len(tries) + 1}"))
            result = settled(job, tries)
        except Exception as error:
            result = Result(Verdict.HARNESS_ERROR, f"{job.id}#1", reason=_story(error))
        seconds = sum(one.seconds for one in tries)
        self.emit(_verdict_record(job, replace(result, seconds=seconds), tries, control))

    async def attempt(self, job: Job, tries: list[Result]) -> None:
        """Fills `tries`: once, again where nothing was decided, and alone as often as a fail asks for."""
        alone = self._alone(job)
        tries.append(await self._attempt(job, 1, alone))
        if tries[-1].verdict is Verdict.INCONCLUSIVE:
            tries.append(await self._attempt(job, 2, alone=True))
        if tries[-1].verdict is not Verdict.FAIL:
            return
        wanted = self.options.confirm - (1 if tries[-1].alone else 0)
        first = len(tries) + 1
        numbers = range(first, first + wanted)
        # Each acts alone, but those that wait do so at the same time.
        running = [asyncio.ensure_future(self._attempt(job, number, alone=True)) for number in numbers]
        try:
            tries += await asyncio.gather(*running)
        except asyncio.CancelledError:
            for number, one in zip(numbers, running, strict=True):
                whole = one.done() and not one.cancelled()
                tries.append(one.result() if whole else self._cut(f"{job.id}#{number}"))
            raise

    async def _control(self, job: Job, result: Result) -> Result | None:
        """What the control lane says of a failed check. Our own server may leave out what is a MAY."""
        may = self.world.spec.requirement(job.check.requirement).level == "MAY"
        if self.lane is None or may or result.verdict not in (Verdict.FAIL, Verdict.FLAKY):
            return None
        async with self._floor.place(alone=job.check.alone):
            return await self.lane.judge(job)

    def _cut(self, attempt: str) -> Result:
        """Of an attempt that was under way, or never begun, when the run ended."""
        if self._spent and not self.stopped:
            return Result(Verdict.NOT_RUN, attempt, reason=worth.SPENT, cause="time", cut=True)
        return Result(Verdict.NOT_RUN, attempt, reason=self.stopped or "the run was stopped", cut=True)

    def _alone(self, job: Job) -> bool:
        moves = self.world.control is not None and job.check.moves_clock(self.world.spec)
        return job.check.alone or moves

    async def _attempt(self, job: Job, number: int, alone: bool) -> Result:
        name = f"{job.id}#{number}"
        requirement = self.world.spec.requirement(job.check.requirement)
        cast = Cast(self.world, job, name)
        listed = self.world.minter.capacity
        recorder = Recorder(self.world.spec, requirement, name, self.emit, cast.redactor, listed)
        async with self._floor.place(alone=alone) as place:
            if self._gone:
                return Result(Verdict.NOT_RUN, name, reason=self._gone)
            began = time.monotonic()
            try:
                result = await self._judge(job, cast, recorder, place)
                if not self._gone:
                    await self._tidy(cast, job)
            finally:
                cast.release()
            seconds = time.monotonic() - began
        return replace(result, reason=cast.redactor.text(result.reason), alone=alone, seconds=seconds)

    async def _judge(self, job: Job, cast: Cast, recorder: Recorder, place: Place) -> Result:
        name = recorder.attempt
        limit = CHECK_S + (0 if self.world.control else job.check.wait_s(self.world.spec))
        current.set(recorder)
        waits.passing.set(Passing(self, place, max_wait=self.options.max_wait))
        try:
            async with asyncio.timeout(limit):
                people = {parameter: await cast.get(parameter) for parameter in job.check.parameters}
                await job.check.function(**people)
        except CheckFailed as failed:
            complaint = _redacted(failed.complaint, cast)
            await self._still_there()
            return Result(
                Verdict.FAIL,
                name,
                reason=str(failed),
                complaint=complaint,
                exchange=complaint.exchange or cast.last_exchange,
            )
        except Inconclusive as undecided:
            await self._still_there()
            exchange = undecided.exchange or cast.last_exchange
            return Result(Verdict.INCONCLUSIVE, name, reason=str(undecided), exchange=exchange)
        except NotRun as why:
            return Result(Verdict.NOT_RUN, name, reason=str(why), cause=why.cause)
        except MintError as why:
            return Result(Verdict.NOT_RUN, name, reason=str(why), cause="tokens")
        except ControlError as error:
            return Result(Verdict.INCONCLUSIVE, name, reason=str(error), exchange=cast.last_exchange)
        except TimeoutError:
            await self._still_there()
            reason = f"the check was not done within {limit:g} s; the last exchange is the evidence"
            return Result(Verdict.INCONCLUSIVE, name, reason=reason, exchange=cast.last_exchange)
        except Exception as error:
            return Result(Verdict.HARNESS_ERROR, name, reason=_story(error), exchange=cast.last_exchange)
        if not recorder.judged:
            return Result(Verdict.HARNESS_ERROR, name, reason="the check ended without judging anything")
        if recorder.without_twin:
            reason = recorder.without_twin
            return Result(Verdict.INCONCLUSIVE, name, reason=reason, exchange=cast.last_exchange)
        return Result(Verdict.PASS, name, exchange=cast.last_exchange)

    async def _tidy(self, cast: Cast, job: Job) -> None:
        control = self.world.control
        if control is not None and job.check.moves_clock(self.world.spec):
            await self._reset(control)
            return
        try:
            async with asyncio.timeout(CHECK_S / 4):
                await cast.tidy()
        except TimeoutError:
            pass  # manners, not a judgement: the rooms go by themselves

    async def _reset(self, control: TestControl) -> None:
        try:
            await control.reset()
        except ControlError as error:
            self._gone = f"{error}; without it the clock is no longer the same for all checks"

    async def _still_there(self) -> None:
        """After many requests without an answer in a row: is the target still there at all? One that answers
        nothing but health is given up too, or each check would wait for its time-outs in vain.
        """
        pulse = self.world.wire.pulse
        if self._gone or pulse.silent < SILENT:
            return
        async with self._probing:
            silent, since = pulse.silent, pulse.since
            if self._gone or silent < SILENT:
                return
            answer = await self.world.wire.send(self.world.operations.request("health"))
            if answer.status is None:
                self._gone = f"the target stopped answering ({answer.error})"
            elif time.monotonic() - since > LOST_S:
                self._gone = f"the target answered health, but none of {silent} other requests in a row"
            else:
                pulse.silent, pulse.since = silent, since  # health is no answer to the others

    def _saw(self, attempt: str, answer: Answer, redactor: Redactor, stray: str | None) -> None:
        requirement = self._requirements.get(attempt.rsplit("#", 1)[0], "")
        self._watches.saw(Sight(self.world.spec, answer, requirement, stray), attempt, redactor)


def settled(job: Job, tries: list[Result]) -> Result:
    """What the attempts of a check say together (reports/settle.py)."""
    found = settle([one.as_try() for one in tries], safety=job.check.safety)
    deciding = tries[found.deciding]
    return replace(deciding, verdict=found.verdict, reason=found.reason, note=found.note)


def _controlled(result: Result, control: Result | None) -> Result:
    """A check that accuses a server which is known to be right says nothing about the target."""
    if control is None or control.verdict not in (Verdict.FAIL, Verdict.FLAKY):
        return result
    reason = f"it fails on Parley's own reference server on this machine too ({control.reason})"
    return replace(result, verdict=Verdict.HARNESS_ERROR, reason=f"{reason}; of the target: {result.reason}")


def _redacted(complaint: Complaint, cast: Cast) -> Complaint:
    text = cast.redactor.text
    return replace(
        complaint, wanted=text(complaint.wanted), got=text(complaint.got), about=text(complaint.about)
    )


def _story(error: Exception) -> str:
    """Where our own code went wrong, in few lines."""
    return "".join(traceback.format_exception(error)[-4:]).strip()


def _verdict_record(job: Job, result: Result, tries: list[Result], control: Result | None = None) -> Record:
    complaint = result.complaint
    failure = None
    if complaint is not None and result.verdict is not Verdict.PASS:
        failure = {"about": complaint.about, "wanted": complaint.wanted, "got": complaint.got}
    record = verdict_record(
        job.check.requirement,
        job.check.name,
        result.verdict,
        result.reason,
        case=job.case,
        attempt=result.attempt,
        attempts=len(tries),
        exchange=result.exchange,
        seconds=result.seconds,
        note=result.note,
        failure=failure,
        cause=result.cause if result.verdict is Verdict.NOT_RUN else None,
        tries=[one.as_try().record() for one in tries],
        control={"verdict": control.verdict.value, "reason": control.reason} if control else None,
    )
    return {**record, "safety": True} if job.check.safety else record
