"""Listens to Locust's requests, adds them up once in a while, and writes the load record at the end.

What it does while a request is under way is to append it to a list. Workers send what they added up with
Locust's own reports; the master sums. Locust's statistics stay as they are.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent

from load.memory import read_mb
from load.sample import Kind, Sample
from load.tallies import Delta
from load.totals import OPEN_DISTRIBUTED_S, OPEN_S, Record, Totals
from load.watch import Watch
from protocol.target import Memory

if TYPE_CHECKING:  # importing locust patches sockets
    from locust.env import Environment

    from load.profiles import Profile

TURN_S = 0.2
# So many samples are added up in one go, about 1.5 ms: nobody's answer waits longer for it.
BATCH = 500
MISSING = "missing"  # Locust's word for a worker without a heartbeat
LIVE = ".live"  # of the file beside the record, with a line for each second
KEY = "parley"  # in Locust's reports
READS = ("GET", "HEAD", "OPTIONS")
FAULT_CHARS = 200
EARLY_S = (
    2.0  # a run that ends this little before its profile says was not cut off: Locust looks once a second
)


class Recorder:
    """One for each Locust process. `attach` once, when Locust's `init` event is fired.

    `memory` is where the target's memory is read, `measures` the file that the record is written to. `why`
    may be set by whoever ends the run early.
    """

    def __init__(
        self,
        environment: Environment,
        profile: Profile | None,
        *,
        seed: int = 0,
        measures: Path | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.environment = environment
        self.profile = profile
        self.why = ""
        self._seed = seed
        self._measures = measures
        self._live = measures.with_suffix(LIVE) if measures else None
        self._memory = memory
        self._memory_mb: float | None = None
        self._pending: list[Sample] = []
        self._delta = Delta()
        self._watch = Watch()
        self._began: float | None = None
        self._ended: float | None = None
        self._asked: dict[str, int] = {}
        self._here: dict[str, int] = {}
        self._greenlets: list[gevent.Greenlet] = []
        self.is_worker = self._master = False
        self._second = -1
        self.totals = self._new_totals()

    def attach(self) -> None:
        """Listens from now on."""
        from locust.runners import MasterRunner, WorkerRunner

        events = self.environment.events
        self.is_worker = isinstance(self.environment.runner, WorkerRunner)
        self._master = isinstance(self.environment.runner, MasterRunner)
        events.request.add_listener(self._on_request)
        events.test_start.add_listener(self._on_start)
        events.test_stopping.add_listener(self._on_stopping)
        events.test_stop.add_listener(self._on_stop)
        events.quitting.add_listener(self._on_stop)
        events.quit.add_listener(self._on_stop)
        if self.is_worker:
            events.report_to_master.add_listener(self._on_report)
        if self._master:
            events.worker_report.add_listener(self._on_worker)

    @property
    def elapsed(self) -> float:
        """Seconds since the test began, up to its end; 0 before."""
        if self._began is None:
            return 0.0
        return (self._ended or time.perf_counter()) - self._began

    @property
    def running(self) -> bool:
        return self._began is not None and self._ended is None

    def record(self) -> Record:
        """The load record of what was measured so far."""
        self._add_up()
        if not self.is_worker:
            self._hand_over()
        return self.totals.record(self.elapsed, self._stopped(), self._asked)

    def _stopped(self) -> str:
        if self._began is None:
            return "the test never began"
        seconds = self.profile.seconds if self.profile else 0.0
        early = self.elapsed < seconds - EARLY_S
        return self.why or (f"stopped after {self.elapsed:.0f} of {seconds:.0f} s" if early else "")

    def _on_request(
        self,
        request_type: str,
        name: str,
        response_time: float | None,
        context: Mapping[str, Any] | None = None,
        exception: BaseException | None = None,
        **_: Any,
    ) -> None:
        sample = context.get("sample") if context else None
        if type(sample) is not Sample:
            sample = foreign(request_type, name, response_time, exception)
        self._pending.append(sample)

    def _on_start(self, **_: Any) -> None:
        self._kill()
        self.totals = self._new_totals()
        if self._live is not None:
            self._live.unlink(missing_ok=True)
        self._pending, self._delta, self._second, self._ended = [], Delta(), -1, None
        self._asked, self._here = {}, {}
        self.why = ""
        self._began = time.perf_counter()
        self._watch.start()
        self._greenlets = [gevent.spawn(self._turns)]
        if self._memory is not None and not self.is_worker:
            self._greenlets.append(gevent.spawn(self._read_memory))

    def _on_stopping(self, **_: Any) -> None:
        if self.running:
            self._ended = time.perf_counter()
            self._look()

    def _on_stop(self, **_: Any) -> None:
        self._on_stopping()
        self._kill()
        self._write()

    def _on_report(self, data: dict[str, Any], **_: Any) -> None:
        self._add_up()
        data[KEY] = self._delta.encoded()
        self._delta = Delta()

    def _on_worker(self, client_id: str, data: Mapping[str, Any], **_: Any) -> None:
        if KEY not in data:
            return
        self.totals.merge(Delta.decoded(data[KEY]), client_id)
        if self._ended is not None:
            self._write()  # the last report of a worker comes after the end

    def _kill(self) -> None:
        self._watch.stop()
        for greenlet in self._greenlets:
            greenlet.kill(block=False)
        self._greenlets = []

    def _turns(self) -> None:
        while True:
            gevent.sleep(TURN_S)
            while len(self._pending) > BATCH:
                self._add_up(BATCH)
                gevent.sleep(0)
            self._add_up()
            if int(self.elapsed) > self._second:
                self._look()
                self._second = int(self.elapsed)

    def _add_up(self, most: int | None = None) -> None:
        if self._began is None:
            return
        batch, self._pending = self._pending[:most], self._pending[len(self._pending[:most]) :]
        self._delta.add(batch, self._began, self.totals.plan, tuple(self._watch.stalls))

    def _look(self) -> None:
        """Once a second: at ourselves, at the users, at the target."""
        lag, cpu = self._watch.take()
        at = max(self._second, 0)
        second = self._delta.second(at)
        second.lag.add(lag)
        second.cpu = max(second.cpu, cpu)
        if not self.is_worker:
            # Whoever else listens may have sent the users away by now: those of a moment ago are meant.
            users = self._users() if self.running else self.totals.users
            for role, count in users.items():
                self._asked[role] = max(count, self._asked.get(role, 0))
            self.totals.note(at, users, self._memory_mb)
            self._hand_over()
            self._find_lost()
            self._tell()

    def _hand_over(self) -> None:
        """To our own sums. A master sends nothing itself: its CPU is not the generator's."""
        if self._master:
            return
        self.totals.merge(self._delta)
        self._delta = Delta()

    def _users(self) -> dict[str, int]:
        """By role: the user class's name in lower case."""
        counts = "reported_user_classes_count" if self._master else "user_classes_count"
        found: Mapping[str, int] = getattr(self.environment.runner, counts, {})
        return {name.lower(): count for name, count in found.items()}

    def _new_totals(self) -> Totals:
        return Totals(self.profile, self._seed, OPEN_DISTRIBUTED_S if self._master else OPEN_S)

    def _tell(self) -> None:
        """Each second of the series, as it is closed, for whoever shows how the run goes on."""
        closed, self.totals.closed = self.totals.closed, []
        if self._live is not None and closed:
            with self._live.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(point) + "\n" for point in closed)

    def _find_lost(self) -> None:
        """Workers that no longer say that they are alive, or are gone; and how many users went with them."""
        if not self._master or not self.running:
            return
        clients = getattr(self.environment.runner, "clients", None)
        here = {
            client.id: sum(client.user_classes_count.values())
            for client in (clients.all if clients is not None else ())
            if client.state != MISSING
        }
        told = {entry["worker"] for entry in self.totals.lost}
        for worker, users in self._here.items():
            if worker not in here and worker not in told:
                self.totals.lost.append({"worker": worker, "s": int(self.elapsed), "users": users})
        self._here = here

    def _read_memory(self) -> None:
        while True:
            self._memory_mb = read_mb(self._memory) if self._memory else None
            gevent.sleep(1.0)

    def _write(self) -> None:
        if self._measures is None or self.is_worker:
            return
        text = json.dumps(self.record(), ensure_ascii=True, allow_nan=False)
        beside = self._measures.with_name(f".{self._measures.name}.{os.getpid()}")
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(self._measures)


def foreign(method: str, name: str, response_time: float | None, error: BaseException | None) -> Sample:
    """The sample of a request that somebody's own user class has sent."""
    ended = time.perf_counter()
    started = ended - (response_time or 0.0) / 1000
    kind: Kind = "read" if method.upper() in READS else "write"
    fault = f"{type(error).__name__}: {error}"[:FAULT_CHARS] if error is not None else ""
    return Sample(str(name)[:FAULT_CHARS], kind, started, started, ended, 0.0, None, fault)
