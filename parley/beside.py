"""Runs the end-to-end suite beside a score: pytest processes of its own, whose logs become part of this one.

One process has the headless peers, the others a browser each. They end by themselves, or are interrupted.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import e2e
from e2e import budget, options, registry, scope
from protocol.mint import Minter
from protocol.spec import Spec
from protocol.target import Target
from reports import runlog
from reports.runlog import Record, verdict_record
from reports.verdicts import Verdict
from suite import worth

HOME = Path(e2e.__file__).parent
LOOK_S = 0.3  # between two looks at the logs
SILENCE_S = 120.0  # beyond what a check may take: for starting, setting up and taking down
STOP_S = 20.0  # for a process to end after it was interrupted
PEOPLE = 6  # that an attempt of a check takes at most
OFFSET = runlog.BESIDE
KEPT = ("exchange", "expectation", "verdict")
BROWSERS = 3  # at once
NOT_IN_THE_LAB = "with --network lab only checks between pages of the widget are run; without it this one is"
LAST_WORDS = 3  # lines of a process that died

Emit = Callable[[Record], None]


@dataclass(frozen=True)
class Share:
    """What one process does."""

    side: str
    number: int
    of: int
    items: list[scope.Item]

    @property
    def name(self) -> str:
        return self.side if self.of == 1 else f"{self.side}-{self.number}"


class Beside:
    """The end-to-end suite of one run."""

    def __init__(self, values: Mapping[str, Any], spec: Spec) -> None:
        """`values` are the parsed options of `parley score`."""
        registry.load_checks()
        self._values = values
        self._spec = spec
        self._settings = options.of_a_score(values)
        self._processes: list[asyncio.subprocess.Process] = []
        self._stopped = ""
        self._stopped_at = 0.0
        self._cause: runlog.Cause = "stopped"
        self._target: Target | None = None

    def target(self, target: Target) -> Target:
        """The target with the widget that the options name."""
        self._target = scope.with_app(target, self._settings, self._spec)
        return self._target

    def _items(self) -> list[scope.Item]:
        assert self._target is not None, "the target is known before anything is asked of it"
        return [i for i in scope.items_of(self._spec) if scope.wanted(i, self._target, self._settings)]

    @property
    def decides(self) -> frozenset[str]:
        """The requirements that this suite checks; those that it leaves out it says itself."""
        return frozenset(item.requirement.id for item in scope.items_of(self._spec) if not item.fitness)

    @property
    def fitness(self) -> list[str]:
        """The requirements that our own peers will judge the signaling by."""
        return list(dict.fromkeys(item.requirement.id for item in self._items() if item.fitness))

    @property
    def planned(self) -> list[str]:
        return [item.id for item in self._items()]

    def stop(self, reason: str) -> None:
        """Interrupts the processes; what they have not decided is not-run with this reason."""
        self._stopped, self._stopped_at = self._stopped or reason, time.monotonic()
        for process in self._processes:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGINT)

    async def run(
        self, minter: Minter, folder: Path, seed: int, stopped: str, emit: Emit, left_s: float | None
    ) -> None:
        """Runs the processes and hands their records on. `stopped`: why the run has ended, if it has;
        `left_s`: the seconds that this may take.
        """
        items = self._items()
        assert self._target is not None
        for name in scope.left_out(self._target, self._settings, self._spec):
            emit(verdict_record(name, None, Verdict.NOT_RUN, NOT_IN_THE_LAB, cause="elsewhere"))
        if stopped or self._stopped:
            for item in items:
                emit(_undecided(item, stopped or self._stopped, "stopped"))
            return
        if left_s is not None:
            items = self._within(left_s, items, emit)
            asyncio.get_running_loop().call_later(left_s, self._budget_is_spent)
        shares = [share for side in options.SIDES for share in self._shares(side, items)]
        at_once = asyncio.Semaphore(1 if self._one_by_one else len(shares) or 1)
        with tempfile.TemporaryDirectory(prefix="parley-") as private:

            async def one(number: int, share: Share) -> None:
                async with at_once:
                    people = await self._hand_over(minter, Path(private), share)
                    await self._process(number, share, people, folder, seed, emit)

            async with asyncio.TaskGroup() as group:  # where one goes wrong the others are ended too
                for number, share in enumerate(shares, 1):
                    group.create_task(one(number, share))

    def _within(self, left_s: float, items: list[scope.Item], emit: Emit) -> list[scope.Item]:
        """The items that there is time for. The processes are told so by the requirements that are asked."""
        processes = {side: self._processes_of(side) for side in options.SIDES}
        chosen = budget.within(items, left_s, processes, worth.shipped())
        self._settings = replace(self._settings, requirements=tuple(sorted(chosen)))
        for item in items:
            if item.requirement.id not in chosen:
                emit(_undecided(item, worth.NO_ROOM, "time"))
        return [item for item in items if item.requirement.id in chosen]

    def _budget_is_spent(self) -> None:
        self._cause = "time"
        self.stop(worth.SPENT)

    def _processes_of(self, side: str) -> int:
        each = 2 if self._settings.network == options.LAB else 1  # at either side of the lab is one
        return BROWSERS // each if side == "browser" else 1

    def _shares(self, side: str, items: Iterable[scope.Item]) -> list[Share]:
        """What each process of this side does. The checks of a browser are many, and mostly wait."""
        mine = [item for item in items if item.side == side]
        of = self._processes_of(side)
        found = scope.shared_out(mine, of)
        return [Share(side, number, of, share) for number, share in enumerate(found, 1) if share]

    @property
    def _embedded(self) -> bool:
        return self._values["target"] is None and self._values["target_file"] is None

    @property
    def _one_by_one(self) -> bool:
        """A check restarts the target where it can, and then nobody else is there; a port that the user chose
        for the TURN server is one process's at a time.
        """
        restarts = not self._embedded and self._target is not None and self._target.control is not None
        return restarts or bool(self._values["turn_port"])

    async def _hand_over(self, minter: Minter, private: Path, share: Share) -> Path | None:
        """Tokens for a process, where only this one can make them: our issuer is in it. Nobody else has these
        people, whose budgets the checks count on.
        """
        assert self._target is not None
        if self._target.tokens.issuer is None or self._embedded:
            return None
        count = PEOPLE * len(share.items) * int(self._values["confirm"])
        people = [await minter.person(f"e2e_{os.getpid()}_{share.name}_{number}") for number in range(count)]
        file = private / f"{share.name}.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps([{"token": p.token, "user": p.user_id, "csrf": p.csrf} for p in people]))
        return file

    async def _process(
        self, number: int, share: Share, people: Path | None, folder: Path, seed: int, emit: Emit
    ) -> None:
        if self._stopped:
            for item in share.items:
                emit(_undecided(item, self._stopped, self._cause))
            return
        place = folder / f"e2e-{share.name}"
        place.mkdir(parents=True, exist_ok=True)
        log = place / "pytest.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *self._command(share, people, place, seed),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._processes.append(process)
        follower = _Follower(place, folder, number * OFFSET, self._in_our_words(emit))
        silence_s = max(item.check.limit_s for item in share.items) + SILENCE_S
        heard, silent = time.monotonic(), ""
        try:
            while process.returncode is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await process.wait()
                if follower.look():
                    heard = time.monotonic()
                patience = STOP_S if self._stopped else silence_s
                if time.monotonic() > max(heard, self._stopped_at) + patience:
                    silent = f"its process said nothing for {time.monotonic() - heard:.0f} s and was ended"
                    break
        finally:
            if process.returncode is None:
                await end(process)
        follower.look()
        for item in share.items:
            if not follower.decided(item):
                words = " | ".join(log.read_text("utf-8", "replace").strip().splitlines()[-LAST_WORDS:])
                died = silent or f"its process ended with {process.returncode}: {words}"
                reason = self._stopped or died
                emit(_undecided(item, reason, self._cause if self._stopped else None))

    def _in_our_words(self, emit: Emit) -> Emit:
        """A process that is interrupted says so; why it was is known here."""

        def told(record: Record) -> None:
            if self._cause == "time" and record["type"] == "verdict" and record.get("cause") == "stopped":
                record = {**record, "reason": self._stopped, "cause": "time"}
            emit(record)

        return told

    def _command(self, share: Share, people: Path | None, place: Path, seed: int) -> list[str]:
        values = self._values
        words = [sys.executable, "-m", "pytest", "-c", str(HOME / "beside.ini"), str(HOME / "checks"), "-q"]
        words += ["-p", "no:hypothesispytest"]  # of those who develop Parley: it takes a second to import
        words += ["-p", "conformance.plugin", "-p", "e2e.plugin", "--log-only", "--side", share.side]
        words += ["--share", f"{share.number}/{share.of}"]
        words += ["--run-dir", str(place), "--seed", str(seed), "--confirm", str(values["confirm"])]
        for name in ("target", "target_file", "spec_dir", "mutant"):
            if values[name]:
                option = {"spec_dir": "--spec"}.get(name, f"--{name.replace('_', '-')}")
                words += [option, str(values[name])]
        for name, chosen in (("profile", values["profile"]), ("requirement", self._settings.requirements)):
            words += [word for value in chosen for word in (f"--{name}", value)]
        if people is not None:
            words += ["--people", str(people)]
        return words + options.words(values)


class _Follower:
    """Hands the records of a process's run log on as they come, as records of this run."""

    def __init__(self, place: Path, folder: Path, offset: int, emit: Emit) -> None:
        self._file = place / runlog.FILE
        self._prefix = place.relative_to(folder).as_posix()
        self._offset = offset
        self._emit = emit
        self._read = 0
        self._decided: set[tuple[str, str | None, bool]] = set()

    def look(self) -> bool:
        """Hands on what is new, and tells whether anything was."""
        if not self._file.exists():
            return False
        before = self._read
        with self._file.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # it is being written
                self._read += len(line)
                record = json.loads(line)
                if record["type"] in KEPT and not _is_settled(record):
                    self._emit(self._ours(record))
        return self._read > before

    def decided(self, item: scope.Item) -> bool:
        return (item.requirement.id, item.check.name, item.fitness) in self._decided

    def _ours(self, record: Record) -> Record:
        if record["type"] == "exchange":
            return {**record, "id": record["id"] + self._offset}
        made = {**record}
        if made["exchange"] is not None:
            made["exchange"] += self._offset
        if record["type"] == "verdict":
            self._decided.add((record["requirement"], record["check"], record.get("as") == "fitness"))
            if "artifacts" in made:
                made["artifacts"] = [f"{self._prefix}/{name}" for name in made["artifacts"]]
        return made


def _is_settled(record: Record) -> bool:
    """What no check decided this run has said itself."""
    return record["type"] == "verdict" and record["check"] is None


def _undecided(item: scope.Item, reason: str, cause: runlog.Cause | None) -> Record:
    verdict = Verdict.HARNESS_ERROR if cause is None else Verdict.NOT_RUN
    record = verdict_record(item.requirement.id, item.check.name, verdict, reason, cause=cause)
    return {**record, "as": "fitness"} if item.fitness else record


async def end(process: asyncio.subprocess.Process) -> None:
    """Interrupts it, and kills its whole group where that does not help."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
