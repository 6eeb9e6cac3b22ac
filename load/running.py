"""Runs Locust as a process of its own and brings back what it measured; imports nothing of Locust."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from load.handover import hand_over, people_needed
from load.profiles import MOST_S, MOST_USERS, Profile
from protocol.mint import Minter
from protocol.spec import Spec
from protocol.target import SECRET_VARIABLE, Memory, Target
from reports.evidence import plain
from reports.runlog import Record
from suite import guard
from suite.opening import new_run_id
from suite.reaper import Reaper

LOCUSTFILE = Path(__file__).parent / "locustfile.py"
LOG = "locust.log"
MEASURES = "measures.json"
START_S = 60.0  # for the process to start, its users to stop and its record to be written, beside the profile
STOP_S = 10.0  # for it to end after it was interrupted; then it is killed
LOOK_S = 0.25  # between two looks at how it goes on
MOST_PROCESSES = max(2, 2 * (os.cpu_count() or 1))  # more than cores only wait for one another
LAST_WORDS = 3  # lines of a process that died
MOST_BYTES = 64_000_000  # of a record


class LoadError(Exception):
    """The load could not be made; one line says why. Nothing was decided."""


class LocustError(LoadError):
    """Locust's process failed, which is a fault of ours."""


def enough_people(profile: Profile, minter: Minter) -> None:
    """Raises LoadError where a list of tokens is too short for the users to be there at once."""
    needed = profile.most_users + profile.users["party"]  # who invites, and who is invited
    if minter.capacity is not None and minter.capacity < needed:
        raise LoadError(
            f"{profile.name} takes {needed} people at once, and tokens.list of the target file has "
            f"{minter.capacity}: give more tokens, or send fewer users (--scale)"
        )


@dataclass(frozen=True)
class Order:
    """What is to be run. `profile` is as it comes from its file: `scale`, `seconds` and `warm_up` are applied
    to it here and in Locust's process alike. `source` is its name or file, for Locust's process to read.
    """

    source: str
    profile: Profile
    seed: int
    scale: float = 1.0
    seconds: float | None = None
    warm_up: float | None = None
    processes: int = 1
    metrics_port: int | None = None
    operated: bool = False
    spec_dir: Path | None = None

    @property
    def applied(self) -> Profile:
        """The profile as it is run. Raises LoadError where that is beyond the caps."""
        made = self.profile.scaled(self.scale) if self.scale != 1 else self.profile
        made = made if self.seconds is None else made.lasting(self.seconds)
        made = made if self.warm_up is None else made.warming(self.warm_up)
        if made.most_users > MOST_USERS:
            raise LoadError(f"{made.most_users} users: at most {MOST_USERS} are sent")
        if made.seconds > MOST_S:
            raise LoadError(f"{made.seconds:g} s: no run is longer than {MOST_S:g} s")
        if self.processes > MOST_PROCESSES:
            most = f"at most {MOST_PROCESSES}, two for each core of this machine"
            raise LoadError(f"--processes: {most}, got {self.processes}")
        return made

    @property
    def lighter(self) -> bool:
        """Whether it asks for less than its profile: what is met then may be missed at the whole load."""
        asked = self.applied
        fewer = any(asked.users[role] < count for role, count in self.profile.users.items())
        return fewer or asked.measured_s < self.profile.measured_s - 0.5

    @property
    def heavier(self) -> bool:
        """Whether it sends more users than its profile does: what is missed then may be met without them."""
        return any(self.applied.users[role] > count for role, count in self.profile.users.items())

    def words(self) -> list[str]:
        words = ["--load-profile", self.source, "--seed", str(self.seed), "--scale", f"{self.scale:g}"]
        if self.seconds is not None:
            words += ["--for", f"{self.seconds:g}"]
        if self.warm_up is not None:
            words += ["--warm-up", f"{self.warm_up:g}"]
        if self.operated:
            words.append(guard.FLAG)
        if self.metrics_port is not None:
            words += ["--metrics-port", str(self.metrics_port)]
        if self.spec_dir is not None:
            words += ["--spec", str(self.spec_dir)]
        return words


class Running:
    """One load run. `stop` may be called at any time; what was measured until then comes back."""

    def __init__(self, order: Order, spec: Spec, on_point: Callable[[Record], None] | None = None) -> None:
        """`on_point` hears each second of the series as it is measured."""
        self._order = order
        self._spec = spec
        self._on_point = on_point
        self._process: asyncio.subprocess.Process | None = None
        self._stopped = False

    @property
    def begun(self) -> bool:
        """Whether there is something to stop."""
        return self._process is not None

    async def run(self, target: Target, minter: Minter, folder: Path, memory: Memory | None) -> Record:
        """The load record. `folder` is there, for the process's log. Raises LoadError and MintError."""
        profile = self._order.applied
        with closing(Reaper()) as reaper, tempfile.TemporaryDirectory(prefix="parley-load-") as private:
            place = Path(private)
            reaper.folder(place)
            enough_people(profile, minter)
            if target.encrypted[target.plain_delivery]:
                raise LoadError("each delivery of the target file is encrypted: a load takes one that is not")
            count = people_needed(profile, self._spec)
            told = await hand_over(target, minter, count, place, memory, new_run_id())
            env = {**os.environ, **({SECRET_VARIABLE: told.secret} if told.secret is not None else {})}
            measures = place / MEASURES
            words = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
            words += ["--host", target.base_url, "--measures", str(measures), "--exit-code-on-error", "0"]
            words += [*told.words, *self._order.words(), *self._distributed()]
            reaper.process(words)  # its workers have the same command line
            with (folder / LOG).open("wb") as output:
                self._process = await asyncio.create_subprocess_exec(
                    *words,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    env=env,
                )
            if self._stopped:
                self.stop()
            try:
                await self._follow(measures.with_suffix(".live"), profile.seconds + START_S)
            finally:
                await self._end()
            return self._record(measures, folder)

    def stop(self) -> None:
        """Ends it early, as Ctrl-C does."""
        self._stopped = True
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)

    def _distributed(self) -> list[str]:
        if self._order.processes == 1:
            return []
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        # --processes tells its workers nothing of the port: without --master-port they look at 5557.
        master = [
            "--master-bind-host",
            "127.0.0.1",
            "--master-bind-port",
            str(port),
            "--master-port",
            str(port),
        ]
        return ["--processes", str(self._order.processes), "--enable-rebalancing", *master]

    async def _follow(self, live: Path, patience_s: float) -> None:
        assert self._process is not None
        told = 0
        try:
            async with asyncio.timeout(patience_s):
                while self._process.returncode is None:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_S):
                            await self._process.wait()
                    told = self._tell(live, told)
        except TimeoutError:
            pass  # _end interrupts it; what it has measured is a result

    def _tell(self, live: Path, told: int) -> int:
        """Hands on the lines that are new in the file; returns how much of it is told."""
        if self._on_point is None or not live.exists():
            return told
        with live.open("rb") as file:
            file.seek(told)
            *lines, _ = file.read().split(b"\n")
        for line in lines:
            self._on_point(json.loads(line))
        return told + sum(len(line) + 1 for line in lines)

    async def _end(self) -> None:
        """Interrupts it, and kills its whole group where that does not help."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            self.stop()
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    await process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its workers too, where it has left any
        await process.wait()

    def _record(self, measures: Path, folder: Path) -> Record:
        assert self._process is not None
        if not measures.exists() and self._stopped:
            raise LoadError("interrupted before anything was measured")
        if not measures.exists():
            said = (folder / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
            words = plain(" | ".join(said[-LAST_WORDS:]))[:500] or "it said nothing"
            raise LocustError(f"Locust ended with {self._process.returncode} and measured nothing: {words}")
        if measures.stat().st_size > MOST_BYTES:
            raise LoadError(f"{measures.name}: more than {MOST_BYTES} bytes")
        found: Record = json.loads(measures.read_text(encoding="utf-8"))
        return found
