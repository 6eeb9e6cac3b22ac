"""What one process adds up of the samples between two reports: a Delta. It travels from a worker to the
master.

Plain sums, without Locust. Seconds are counted from the process's own start of the test, since the clocks of
machines differ.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from load.histograms import Histogram, microseconds, missing
from load.profiles import Profile
from load.sample import Sample
from reports.evidence import plain

# Names and faults may come from a hostile target or a careless user class: neither may fill the memory.
MOST_NAMES = 100
MOST_FAULTS = 100
FAULT_CHARS = 200
OTHERS = "(others)"
ALWAYS = float("inf")
NO_STALL = (-ALWAYS, -ALWAYS)


class Window(NamedTuple):
    """A span of the run, in seconds, `end` not included."""

    name: str
    start: float
    end: float
    measured: bool


class Plan:
    """Which phase a second of the run belongs to. Without a profile everything is measured."""

    def __init__(self, profile: Profile | None) -> None:
        self.windows: list[Window] = []
        start = 0.0
        for phase in profile.phases if profile else ():
            self.windows.append(Window(phase.name, start, start + phase.seconds, phase.measured))
            start += phase.seconds
        self.seconds = start if profile else ALWAYS
        # What comes after the last phase is people leaving: nobody asked for that load.
        self.windows.append(Window("", start, ALWAYS, profile is None))

    def at(self, elapsed: float) -> Window:
        """The phase at this second; the first one for what is before the start."""
        return next(window for window in self.windows if elapsed < window.end)

    def measured_until(self, elapsed: float) -> float:
        """How many measured seconds have gone by."""
        return sum(max(0.0, min(w.end, elapsed) - w.start) for w in self.windows if w.measured)


class Name(NamedTuple):
    operation: str
    kind: str
    measured: bool


class Fault(NamedTuple):
    operation: str
    fault: str
    requirement: str
    measured: bool


@dataclass
class Tally:
    """Of one operation."""

    requests: int = 0
    errors: int = 0
    service: Histogram = field(default_factory=Histogram)
    corrected: Histogram = field(default_factory=Histogram)

    def merge(self, other: Tally) -> None:
        self.requests += other.requests
        self.errors += other.errors
        self.service.merge(other.service)
        self.corrected.merge(other.corrected)


@dataclass
class Second:
    """Of one second: what ended in it. Latencies are the corrected ones; `cpu` is of the busiest process."""

    requests: int = 0
    errors: int = 0
    read: Histogram = field(default_factory=Histogram)
    write: Histogram = field(default_factory=Histogram)
    late: Histogram = field(default_factory=Histogram)
    lag: Histogram = field(default_factory=Histogram)
    cpu: float = 0.0

    def merge(self, other: Second) -> None:
        self.requests += other.requests
        self.errors += other.errors
        for mine, its in zip(self._histograms, other._histograms, strict=True):
            mine.merge(its)
        self.cpu = max(self.cpu, other.cpu)

    @property
    def _histograms(self) -> tuple[Histogram, ...]:
        return self.read, self.write, self.late, self.lag

    def encoded(self) -> list[Any]:
        return [self.requests, self.errors, self.cpu, *(each.encoded() for each in self._histograms)]

    @classmethod
    def decoded(cls, found: list[Any]) -> Self:
        requests, errors, cpu, *rest = found
        read, write, late, lag = map(Histogram.decoded, rest)
        return cls(requests, errors, read, write, late, lag, cpu)


@dataclass
class Delta:
    """Everything since the last report. `faults` has how often, and in which second first.

    `met` has for each request how long the process had not come round to its greenlets when it began: in a
    run whose requests come in bursts that is far more than a probe sees on average.
    """

    operations: dict[Name, Tally] = field(default_factory=dict)
    faults: dict[Fault, tuple[int, int]] = field(default_factory=dict)
    seconds: dict[int, Second] = field(default_factory=dict)
    late: Histogram = field(default_factory=Histogram)
    met: Histogram = field(default_factory=Histogram)

    def add(
        self,
        samples: Iterable[Sample],
        began: float,
        plan: Plan,
        stalls: Sequence[tuple[float, float]] = (),
    ) -> None:
        """Adds them up: to the phase in which each was intended, and to the second in which it ended."""
        window = plan.windows[0]
        dues, met = [due for due, _ in stalls], []
        gathered: dict[Name, tuple[list[float], list[int], list[int]]] = {}
        by_second: dict[int, tuple[list[int], list[int], list[int]]] = {}
        for operation, kind, intended, started, ended, every, _, fault, requirement in samples:
            at = intended - began
            if not window.start <= at < window.end:
                window = plan.at(at)
            name = Name(operation, kind, window.measured)
            lists = gathered.get(name)
            if lists is None:
                gathered[name] = lists = ([], [], [])
            value = microseconds(ended - intended)
            late = microseconds(started - intended)
            if window.measured:
                stall = bisect_right(dues, started) - 1
                due, woke = stalls[stall] if stall >= 0 else NO_STALL
                met.append(microseconds(woke - due) if started <= woke else 0)
            lists[0].append(ended - started)
            lists[1].append(value)
            lists[2].append(late)
            shown = int(ended - began)
            second = by_second.get(shown)
            if second is None:
                by_second[shown] = second = ([], [], [])
            second[kind == "write"].append(value)
            second[2].append(late)
            if every:
                for lost in missing(value, microseconds(every)):
                    lists[1].append(lost)
                    second[kind == "write"].append(lost)
            if fault:
                self._fault(Fault(operation, fault, requirement, window.measured), name, shown)
        self.met.add(met)
        self._gather(gathered, by_second)

    def _gather(
        self,
        gathered: Mapping[Name, tuple[list[float], list[int], list[int]]],
        by_second: Mapping[int, tuple[list[int], list[int], list[int]]],
    ) -> None:
        for name, (service, corrected, late) in gathered.items():
            tally = self.tally(name)
            tally.requests += len(service)
            tally.service.add(map(microseconds, service))
            tally.corrected.add(corrected)
            if name.measured:
                self.late.add(late)
        for shown, (reads, writes, late) in by_second.items():
            second = self.second(shown)
            second.requests += len(late)
            second.read.add(reads)
            second.write.add(writes)
            second.late.add(late)

    def _fault(self, key: Fault, name: Name, shown: int) -> None:
        self.tally(name).errors += 1
        self.second(shown).errors += 1
        self.count_fault(key._replace(fault=plain(key.fault[:FAULT_CHARS])), 1, max(shown, 0))

    def count_fault(self, key: Fault, count: int, first_s: int) -> None:
        """Keeps the requirement where there is no room for another text: it decides."""
        if key not in self.faults and len(self.faults) >= MOST_FAULTS:
            key = key._replace(operation=OTHERS, fault="other faults")
        before, first = self.faults.get(key, (0, first_s))
        self.faults[key] = (before + count, min(first, first_s))

    def tally(self, name: Name) -> Tally:
        if name not in self.operations and len(self.operations) >= MOST_NAMES:
            name = name._replace(operation=OTHERS)
        return self.operations.setdefault(name, Tally())

    def second(self, shown: int) -> Second:
        return self.seconds.setdefault(max(shown, 0), Second())

    def merge(self, other: Delta) -> None:
        for name, tally in other.operations.items():
            self.tally(name).merge(tally)
        for key, (count, first_s) in other.faults.items():
            self.count_fault(key, count, first_s)
        for shown, second in other.seconds.items():
            self.second(shown).merge(second)
        self.late.merge(other.late)
        self.met.merge(other.met)

    def encoded(self) -> dict[str, Any]:
        """For Locust's messages (msgpack)."""
        return {
            "operations": [
                [*name, tally.requests, tally.errors, tally.service.encoded(), tally.corrected.encoded()]
                for name, tally in self.operations.items()
            ],
            "faults": [[*key, *counted] for key, counted in self.faults.items()],
            "seconds": [[shown, second.encoded()] for shown, second in self.seconds.items()],
            "late": self.late.encoded(),
            "met": self.met.encoded(),
        }

    @classmethod
    def decoded(cls, found: Mapping[str, Any]) -> Self:
        delta = cls()
        for operation, kind, measured, requests, errors, service, corrected in found["operations"]:
            tally = Tally(requests, errors, Histogram.decoded(service), Histogram.decoded(corrected))
            delta.operations[Name(operation, kind, measured)] = tally
        for operation, fault, requirement, measured, count, first_s in found["faults"]:
            delta.faults[Fault(operation, fault, requirement, measured)] = (count, first_s)
        delta.seconds = {shown: Second.decoded(second) for shown, second in found["seconds"]}
        delta.late = Histogram.decoded(found["late"])
        delta.met = Histogram.decoded(found["met"])
        return delta
