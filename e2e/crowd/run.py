"""The run: a TURN server, a target, people, worker processes, two phases, and the record of it all."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from e2e.crowd import worker
from e2e.crowd.order import CrowdError, Order, Person, Share
from e2e.crowd.record import Measured, record_of
from e2e.crowd.room import ARRIVE_S
from e2e.turn import Session, TurnCannot, TurnError, TurnServer, choose
from protocol.mint import Minter, MintError
from protocol.spec import Spec
from protocol.target import Target
from suite import guard, interrupts, opening
from suite.embedded import Embedded
from suite.temporary import temporary_home

READY_S = 60.0  # for the workers to be imported, on a machine that is busy with other things
SOON_S = 0.3  # from the word to the first room, so that every worker has heard it
REPORT_S = worker.CLOSE_S + 4.0  # for a worker to close its rooms and tell
HURRY_S = 3.0  # the same, once somebody is waiting at the terminal
COUNTED_S = (
    4.0  # for the TURN server to tell the bytes of those who have gone: about a second after they went
)
LOOK_S = 0.2
SLACK_S = 30.0  # beyond what a phase may take by its own bounds


@dataclass(frozen=True)
class Progress:
    """What a run tells as it goes."""

    phase: str
    rooms: int
    opened: int = 0
    failed: int = 0
    talked: int = 0


Tell = Callable[[Progress], None]
Begun = Callable[[Target, str], None]
"""Is told the target and the id of the run, once both are there."""


def _nobody(target: Target, run_id: str) -> None:
    pass


async def run(order: Order, spec: Spec, tell: Tell = lambda progress: None) -> dict[str, Any]:
    """Does it, and gives the record: reports/schemas/peers.schema.json says its shape.

    Raises CrowdError, GuardError, TargetError, StartError, MintError, TurnUnavailable, each with one line.
    What goes wrong with rooms is in the record, and raises nothing.
    """
    return await Crowd(order, spec, tell).run()


async def interruptible(
    order: Order, spec: Spec, tell: Tell = lambda progress: None, begun: Begun = _nobody
) -> dict[str, Any]:
    """The same, in the main thread: Ctrl-C (and a polite TERM) end it at once, with a record of what was
    measured. Before it has begun, and the second time, they end it without: CrowdError.
    """
    crowd = Crowd(order, spec, tell, begun)
    try:
        return await interrupts.interruptible(crowd.run(), lambda: crowd.stop("interrupted"))
    except asyncio.CancelledError:
        raise CrowdError("interrupted before there was anything to tell") from None


class Crowd:
    """One run. `stop` ends it early."""

    def __init__(
        self,
        order: Order,
        spec: Spec,
        tell: Tell,
        told_of: Begun = _nobody,
        given: tuple[Target, Minter] | None = None,
    ) -> None:
        """`given`: the target that the order names and who makes its tokens, where a run has them open."""
        self._order = order
        self._spec = spec
        self._tell = tell
        self._told_of = told_of
        self._given = given
        self._workers: list[_Worker] = []
        self._stop = asyncio.Event()
        self._begun = False
        self._counts = {"opened": 0, "failed": 0, "talked": 0}
        self._measured = Measured()

    def stop(self, reason: str) -> bool:
        """Whether it could be: it has begun, and nobody has said so before."""
        if not self._begun or self._stop.is_set():
            return False
        self._measured.stopped = reason
        self._stop.set()
        return True

    async def run(self) -> dict[str, Any]:
        order, spec = self._order, self._spec
        measured = self._measured
        with ExitStack() as stack:
            stack.enter_context(temporary_home())
            turn = self._start_turn(stack)
            target, minter, embedded = self._find_target(stack, turn)
            guard.only_loopback(target.base_url, operated=order.operated)
            capacity = minter.capacity
            if capacity is not None and capacity < 2 * order.rooms:
                raise CrowdError(
                    f"{order.rooms} rooms need {2 * order.rooms} users; "
                    f"tokens.list of the target file has {capacity}"
                )
            run_id = opening.new_run_id()
            stack.callback(self._end_workers)
            await self._start_workers(target, await self._shares(minter, run_id, turn, embedded), run_id)
            self._told_of(target, run_id)
            self._begun = True
            measured.started = time.perf_counter()
            await self._open_and_speak()
            await self._collect()
            measured.seconds = time.perf_counter() - measured.started
            if turn is not None:
                measured.turn_kind = turn.kind
                measured.sessions = await self._counted(turn)
        return record_of(order, spec, measured)

    # -- what there has to be

    def _start_turn(self, stack: ExitStack) -> TurnServer | None:
        """None where only the target names one, which is not ours to count by."""
        wanted = self._order.turn
        if wanted.kind == "url" and not wanted.urls:
            return None
        turn = choose(wanted)
        stack.callback(turn.stop)
        return turn.start()

    def _find_target(self, stack: ExitStack, turn: TurnServer | None) -> tuple[Target, Minter, bool]:
        order = self._order
        if self._given is not None:
            return *self._given, False
        if order.target is None and order.target_file is None:
            shared = (turn.urls, turn.secret) if turn is not None and turn.secret is not None else None
            server = Embedded(self._spec, order.spec_dir, order.mutant, turn=shared)
            stack.callback(server.end)
            return server.start(), server.minter, shared is not None
        target = opening.load_target(order.target, order.target_file, self._spec)
        guard.only_loopback(target.base_url, operated=order.operated)
        return target, stack.enter_context(Minter(self._spec, target)), False

    async def _shares(
        self, minter: Minter, run_id: str, turn: TurnServer | None, hands_out: bool
    ) -> list[Share]:
        """Rooms are dealt in turns, so that all workers open at the same pace."""
        order = self._order
        asked = hands_out or turn is None or not turn.urls
        shares = []
        for number in range(order.workers):
            rooms = tuple(range(number, order.rooms, order.workers))
            people = []
            for room in rooms:
                for role in ("host", "guest"):
                    try:
                        minted = await minter.person(f"{role}{room}_{run_id}")
                    except MintError as error:
                        raise CrowdError(f"{2 * order.rooms} users are needed: {error}") from None
                    relays = None if asked or turn is None else tuple(turn.ice_servers(minted.user_id))
                    people.append(Person(minted.user_id, minted.token, minted.csrf, relays))
            shares.append(Share(number, rooms, tuple(people)))
        return shares

    # -- workers

    async def _start_workers(self, target: Target, shares: Iterable[Share], run_id: str) -> None:
        queue: asyncio.Queue[tuple[int, tuple[Any, ...]]] = asyncio.Queue()
        self._queue = queue
        loop = asyncio.get_running_loop()
        # A Ctrl-C goes to all processes of a terminal; it is this one's to hear.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for share in shares:
                made = _Worker(share, self._order, target, run_id)
                self._workers.append(made)
                made.start(lambda number, found: loop.call_soon_threadsafe(queue.put_nowait, (number, found)))
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        await self._until("ready", READY_S)

    async def _open_and_speak(self) -> None:
        order, measured = self._order, self._measured
        patience = order.patience_s or float(self._spec.timings["poll_timeout"])
        due = order.rooms / order.per_second if order.per_second else order.rooms * 2 * patience
        measured.opening_at = time.perf_counter() + SOON_S
        await self._phase("open", measured.opening_at, "opened", due + 2 * patience + SLACK_S)
        measured.opened_at = time.perf_counter()
        if self._stop.is_set() or not self._counts["opened"]:
            return
        measured.talking_at = time.perf_counter() + SOON_S
        most = order.messages * order.every_s + ARRIVE_S + SLACK_S
        await self._phase("speak", measured.talking_at, "spoke", most)
        measured.talked_at = time.perf_counter()

    async def _phase(self, word: str, start: float, done: str, most_s: float) -> None:
        self._say(word)
        for one in self._living():
            one.send(word, start)
        await self._until(done, most_s, word)

    def _living(self) -> list[_Worker]:
        return [one for one in self._workers if not one.lost]

    async def _until(self, word: str, most_s: float, phase: str = "start") -> None:
        """Until every living worker has said this word, or the run is stopped."""
        waiting = {one.share.number for one in self._living()}
        until = time.monotonic() + most_s
        while waiting and not (self._stop.is_set() and word != "report"):
            if time.monotonic() > until:
                for number in waiting:
                    self._lose(number, f"said nothing for {most_s:.0f} s")
                return
            try:
                async with asyncio.timeout(LOOK_S):
                    number, found = await self._queue.get()
            except TimeoutError:
                continue
            if self._hear(number, found, phase) == word or self._workers[number].lost:
                waiting.discard(number)

    def _hear(self, number: int, found: tuple[Any, ...], phase: str) -> str:
        match found:
            case ("room", bool() as good):
                self._counts["opened" if good else "failed"] += 1
                self._say(phase)
            case ("talked", bool()):
                self._counts["talked"] += 1
                self._say(phase)
            case ("report", report):
                self._measured.reports.append(report)
            case ("broken", str() as why):
                self._lose(number, why)
            case ("gone",):
                if not self._workers[number].told:
                    self._lose(number, "its process died")
        return str(found[0])

    def _lose(self, number: int, why: str) -> None:
        one = self._workers[number]
        one.lost = one.lost or why
        at = time.perf_counter() - self._measured.started if self._measured.started else 0.0
        self._measured.lost.append(
            {"worker": number, "why": why, "s": round(at, 1), "users": 2 * len(one.share.rooms)}
        )

    async def _collect(self) -> None:
        """Has every worker close its rooms and tell what it measured."""
        hurry = self._stop.is_set()
        for one in self._living():
            one.send("end", not hurry)
        await self._until("report", HURRY_S if hurry else REPORT_S)

    def _end_workers(self) -> None:
        for one in self._workers:
            one.end()

    def _say(self, phase: str) -> None:
        self._tell(Progress(phase, self._order.rooms, **self._counts))

    # -- the TURN server's own count

    async def _counted(self, turn: TurnServer) -> list[Session] | None:
        """The allocations of our people, once all are ended; None where the server is not ours to ask."""
        users = self._measured.users
        until = time.monotonic() + (HURRY_S if self._stop.is_set() else COUNTED_S)
        found: list[Session] = []
        while True:
            with suppress(TurnError):
                try:
                    found = [one for one in turn.sessions() if one.user in users]
                except TurnCannot:
                    return None
            if all(one.ended for one in found) or time.monotonic() > until:
                return found
            await asyncio.sleep(LOOK_S)


class _Worker:
    """The run's side of a worker process. `lost`: why nothing more is to be had of it."""

    def __init__(self, share: Share, order: Order, target: Target, run_id: str) -> None:
        self.share = share
        self.lost = ""
        self.told = False
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._theirs: Connection = theirs
        self._process: SpawnProcess = context.Process(
            target=worker.main, args=(theirs, order, share, target, run_id), daemon=True
        )

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def start(self, heard: Callable[[int, tuple[Any, ...]], object]) -> None:
        self._process.start()
        self._theirs.close()  # so that the pipe ends with the process
        threading.Thread(target=self._listen, args=(heard,), daemon=True).start()

    def _listen(self, heard: Callable[[int, tuple[Any, ...]], object]) -> None:
        while True:
            try:
                found = self._ours.recv()
            except (EOFError, OSError):
                found = ("gone",)
            self.told = self.told or found[0] == "report"
            with suppress(RuntimeError):  # the loop has ended: nobody listens any more
                heard(self.share.number, found)
            if found[0] == "gone":
                return

    def send(self, *what: Any) -> None:
        with suppress(OSError):  # it is gone: its end of the pipe says so
            self._ours.send(what)

    def end(self) -> None:
        """It is given a moment where it has told everything, and is killed where it has not gone then."""
        self._process.join(HURRY_S if self.told else 0)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
