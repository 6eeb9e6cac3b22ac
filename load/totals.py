"""The sums of a whole run, over all its processes, and the load record that is made of them.

Without Locust; the record's schema is reports/schemas/load.schema.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from load import growth, watch
from load.histograms import Histogram
from load.profiles import Profile
from load.tallies import Delta, Name, Plan, Second, Tally

Record = dict[str, Any]
KINDS = {"reads": "read", "writes": "write"}
# A second is closed when it is so old: by then all that ended in it has been added up, and the slowest
# worker, which reports every 3 s, has told of it.
OPEN_S, OPEN_DISTRIBUTED_S = 2, 10
MOST_POINTS = 1200  # of the series; a longer run has points of 2, 4, 8 ... seconds
SHOWN_FAULTS = 50
RISE_S = 3  # until users that the plan asks for must be there: Locust's shape looks once a second
WORST = ("read_p50", "read_p95", "write_p50", "write_p95", "late_p99", "lag_p99", "cpu")


class Totals:
    """Adds up deltas. `note` is told what only the process that sums up knows."""

    def __init__(self, profile: Profile | None, seed: int = 0, open_s: int = OPEN_S) -> None:
        self.profile = profile
        self.closed: list[Record] = []  # points since somebody emptied it
        self.plan = Plan(profile)
        self.sum = Delta()
        self.lag = Histogram()
        self.users: Mapping[str, int] = {}
        self.lost: list[Record] = []
        self.memory_mb: float | None = None
        self.cpu_now: dict[str, float] = {}
        self.step = 1
        self._seed = seed
        self._open_s = open_s
        self._open: dict[int, Second] = {}
        self._points: dict[int, Record] = {}
        self._noted: dict[int, tuple[int, float | None]] = {}
        self._memory: list[tuple[float, float]] = []
        self._cpu: dict[str, tuple[float, int]] = {}
        self._full = self._seconds = 0
        self._most_users = self._asked = 0
        self._looked = self._short = 0

    def merge(self, delta: Delta, process: str = "") -> None:
        """`process` is the worker's id."""
        self.sum.merge(replace(delta, seconds={}))
        self.cpu_now.setdefault(process, 0.0)
        for at, second in delta.seconds.items():
            if second.cpu:
                self.cpu_now[process] = second.cpu
            if self.plan.at(at).measured:
                self.lag.merge(second.lag)
                if second.cpu:
                    total, count = self._cpu.get(process, (0.0, 0))
                    self._cpu[process] = (total + second.cpu, count + 1)
            if (point := self._points.get(at // self.step * self.step)) is not None:
                point["requests"] += second.requests  # too late for its percentiles
                point["errors"] += second.errors
            else:
                self._open.setdefault(at, Second()).merge(second)
        self._close(before=max(self._open, default=0) - self._open_s)

    def note(self, at: int, users: Mapping[str, int], memory_mb: float | None) -> None:
        """How many users of which kind there are in this second, and the memory that the target takes."""
        self.users, self.memory_mb = dict(users), memory_mb
        count = sum(users.values())
        self._noted[at] = (count, memory_mb)
        if not self.plan.at(at).measured:
            return
        self._most_users = max(self._most_users, count)
        if memory_mb is not None:
            self._memory.append((float(at), memory_mb))
        if self.profile is None or at < RISE_S:
            return
        # Users who are to come have so long to come; those who are to leave may have left.
        window = [found for back in range(RISE_S + 1) if (found := self.profile.phase_at(at - back))]
        phase, share = window[-1]
        if phase.measured:
            self._asked = max(self._asked, int(self.profile.most_users * share))
        self._looked += 1
        self._short += watch.is_short(count, int(self.profile.most_users * min(load for _, load in window)))

    def _close(self, before: float) -> None:
        for at in sorted(second for second in self._open if second < before):
            second = self._open.pop(at)
            self._seconds_seen(at, second)
            if at >= self.plan.seconds:
                continue  # people leaving
            self.closed.append(self._point(at, second))
            self._put(self.closed[-1])
        while len(self._points) > MOST_POINTS:
            self.step *= 2
            points, self._points = self._points, {}
            for point in points.values():
                self._put(point)

    def _seconds_seen(self, at: int, second: Second) -> None:
        if self.plan.at(at).measured:
            self._seconds += 1
            self._full += watch.is_full(second.cpu, second.lag, len(self.cpu_now))

    def _point(self, at: int, second: Second) -> Record:
        users, memory_mb = self._noted.pop(at, (None, None))
        point: Record = {"s": at, "phase": self.plan.at(at).name, "users": users}
        point |= {"requests": second.requests, "errors": second.errors}
        for name, found in (("read", second.read), ("write", second.write)):
            p50, p95 = found.quantiles_ms([0.5, 0.95]) if found.counts else (None, None)
            point |= {f"{name}_p50": p50, f"{name}_p95": p95}
        point["late_p99"] = second.late.quantiles_ms([0.99])[0] if second.late.counts else None
        point["lag_p99"] = second.lag.quantiles_ms([0.99])[0] if second.lag.counts else None
        return point | {"cpu": round(second.cpu, 3), "memory_mb": memory_mb and round(memory_mb, 2)}

    def _put(self, point: Record) -> None:
        """Into the point of its time; several are one with the worst of each figure."""
        at = point["s"] // self.step * self.step
        before = self._points.get(at)
        if before is None:
            self._points[at] = {**point, "s": at}
            return
        before["requests"] += point["requests"]
        before["errors"] += point["errors"]
        for key in ("users", "memory_mb", *WORST):
            known = [each[key] for each in (before, point) if each[key] is not None]
            before[key] = max(known, default=None)

    def live(self) -> dict[tuple[str, str], Tally]:
        """By operation and kind, warm-up and all."""
        found: dict[tuple[str, str], Tally] = {}
        for name, tally in self.sum.operations.items():
            found.setdefault((name.operation, name.kind), Tally()).merge(tally)
        return found

    def record(self, elapsed: float, stopped: str = "", asked: Mapping[str, int] | None = None) -> Record:
        """The load record after so many seconds; `asked` are its users where no profile says so."""
        self._close(before=float("inf"))
        profile = self.profile
        measured = {name: tally for name, tally in self.sum.operations.items() if name.measured}
        measured_s = round(self.plan.measured_until(elapsed), 3)
        requests = sum(tally.requests for tally in measured.values())
        return {
            "type": "load",
            "profile": profile.name if profile else "",
            "title": profile.title if profile else "Locust without a load profile",
            "decides": list(profile.decides) if profile else [],
            "seed": self._seed,
            "users": dict(profile.users if profile else asked or {}),
            "seconds": round(elapsed, 3),
            "measured_s": measured_s,
            "stopped": stopped,
            "totals": {
                "requests": requests,
                "errors": sum(tally.errors for tally in measured.values()),
                "per_second": round(requests / measured_s, 2) if measured_s else 0.0,
            },
            **{key: _shown(measured, kind) for key, kind in KINDS.items()},
            "operations": self._operations(measured),
            "faults": self._faults(),
            "series_step_s": self.step,
            "series": [self._points[at] for at in sorted(self._points)],
            "generator": self._generator(measured),
            "memory": self._grown(),
            "objectives": dict(profile.objectives) if profile else {},
        }

    def _operations(self, measured: Mapping[Name, Tally]) -> Record:
        found = {}
        for operation in sorted({name.operation for name in measured}):
            of_it = {name: tally for name, tally in measured.items() if name.operation == operation}
            kinds = {name.kind for name in of_it}
            found[operation] = {"kind": "read" if kinds == {"read"} else "write", **_shown(of_it)}
        return found

    def _faults(self) -> list[Record]:
        """Warm-up and all: a promise is broken whenever it is. Those of a requirement are never cut off."""
        found: dict[tuple[str, str, str], Record] = {}
        for key, (count, first_s) in self.sum.faults.items():
            entry = found.setdefault(
                key[:3],
                {
                    "operation": key.operation,
                    "fault": key.fault,
                    "requirement": key.requirement,
                    "count": 0,
                    "measured": 0,
                    "first_s": first_s,
                },
            )
            entry["count"] += count
            entry["measured"] += count if key.measured else 0
            entry["first_s"] = min(entry["first_s"], first_s)
        kept = sorted(found.values(), key=lambda each: (not each["requirement"], -each["count"]))
        return sorted(kept[:SHOWN_FAULTS], key=lambda each: -each["count"])

    def _generator(self, measured: Mapping[Name, Tally]) -> Record:
        cpu = max((total / count for total, count in self._cpu.values()), default=0.0)
        late = self.sum.late.shown()
        limit = watch.generator_limit(
            seconds=self._seconds,
            full=self._full,
            cpu=cpu,
            late=late,
            service=_shown(measured)["service_ms"],
            users=self._most_users,
            asked=self._asked,
            noted=self._looked,
            short=self._short,
        )
        return {
            "processes": max(1, len(self.cpu_now)),
            "lost": list(self.lost),
            "cpu": round(cpu, 3),
            "full_s": self._full,
            "lag_ms": self.lag.shown(),
            "late_ms": late,
            "met_ms": self.sum.met.shown(),
            "limit": limit,
        }

    def _grown(self) -> Record | None:
        if not self._memory:
            return None
        found = growth.growth(self._memory)
        first, last = self._memory[0][1], self._memory[-1][1]
        minutes = (self._memory[-1][0] - self._memory[0][0]) / 60
        return {
            "first_mb": found.first_mb if found else round(first, 2),
            "last_mb": found.last_mb if found else round(last, 2),
            "growth_per_hour": found.growth_per_hour if found else None,
            "low": found.low if found else None,
            "high": found.high if found else None,
            "later": found.later if found else None,
            "highest": found.highest if found else None,
            "minutes": round(minutes, 2),
            "points": len(self._memory),
        }


def _shown(tallies: Mapping[Name, Tally], kind: str = "") -> Record:
    """Those of this kind, or all, as one."""
    whole = Tally()
    for name, tally in tallies.items():
        if kind in ("", name.kind):
            whole.merge(tally)
    return {
        "requests": whole.requests,
        "errors": whole.errors,
        "service_ms": whole.service.shown(),
        "corrected_ms": whole.corrected.shown(),
    }
