"""A process of the crowd: opens its share of the rooms, keeps them, has them talk, tells what it measured.

It is told by a pipe and answers by it; it ends when it is told to, or when the pipe does, so that it never
outlives the run. A Ctrl-C is the run's to hear.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import threading
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from random import Random
from typing import Any

from aiortc.exceptions import InvalidStateError

from e2e.crowd.order import Order, Share
from e2e.crowd.room import Opened, Room, Spoken, first_elsewhere
from e2e.crowd.timed import TimedPeer
from e2e.crowd.watch import Load, Watch
from e2e.peer import PeerError
from e2e.turn import urls
from protocol import spec as specs
from protocol.client import Lane, User
from protocol.mint import Minter
from protocol.operations import Answer, Operations, Request
from protocol.target import Target
from protocol.target_tokens import GivenToken, Tokens
from protocol.transcript import Transcript
from suite import opening
from suite.people import People

CLOSE_S = 8.0  # for all rooms to be closed
AT_ONCE = 16  # rooms that are closed together


@dataclass
class Report:
    """What one worker tells in the end. `requests` and `errors` count what its peers asked of the target."""

    opened: list[Opened] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    opening: Load | None = None
    talking: Load | None = None
    requests: int = 0
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_error_at: dict[tuple[str, str], float] = field(default_factory=dict)


def main(connection: Connection, order: Order, share: Share, target: Target, run_id: str) -> None:
    """The whole life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(_Worker(connection, order, share, target, run_id).run())


def unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What a task that nobody awaits ended with. aiortc connects by such tasks: where a connection is closed
    while it is made theirs is no news, for its room tells what became of it.
    """
    if not isinstance(context.get("exception"), (ConnectionError, InvalidStateError)):
        loop.default_exception_handler(context)


class _Worker:
    def __init__(
        self, connection: Connection, order: Order, share: Share, target: Target, run_id: str
    ) -> None:
        self._connection = connection
        self._order = order
        self._share = share
        self._spec = specs.load(order.spec_dir) if order.spec_dir is not None else specs.load()
        given = tuple(GivenToken(token=p.token, user=p.user, csrf=p.csrf) for p in share.people)
        self._target = replace(target, tokens=Tokens(given=given))
        self._relays = {person.user: person.ice_servers for person in share.people}
        self._wire = opening.open_wire(self._target, run_id)
        transcript = Transcript(lambda record: None, target.base_url, brief=True)
        self._lane = Lane(
            self._spec,
            Operations(self._spec, target.paths),
            self._wire,
            transcript,
            transcript.redactor(),
            "crowd",
            self._saw,
        )
        minter = Minter(self._spec, self._target)
        numbers = itertools.count(2 * min(share.rooms))  # addresses that no other worker's people state
        self._people = People(self._target, minter, run_id, numbers)
        self._rooms: list[Room] = []
        self._report = Report()
        self._orders: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(unheard)
        threading.Thread(target=self._listen, args=(loop,), daemon=True).start()
        self._tell("ready")
        stopped = False
        work: asyncio.Task[None] | None = None
        try:
            while not stopped:
                match await self._orders.get():
                    case ("open", start):
                        work = asyncio.create_task(self._doing(self._open(start), "opened"))
                    case ("speak", start):
                        work = asyncio.create_task(self._doing(self._speak(start), "spoke"))
                    case ("end", goodbye):
                        stopped = True
                        if work is not None and not work.done():
                            work.cancel()
                            await asyncio.wait([work])
                        await self._close(goodbye=goodbye)
                        self._tell("report", self._report)
                    case _:  # the run is gone
                        stopped = True
        finally:
            if work is not None:
                work.cancel()
            await self._close(goodbye=False)
            await self._wire.close()

    # -- the pipe

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            try:
                found = self._connection.recv()
            except (EOFError, OSError):
                found = ("gone",)
            loop.call_soon_threadsafe(self._orders.put_nowait, found)
            if found[0] in ("gone", "end"):
                return

    def _tell(self, *what: Any) -> None:
        try:
            self._connection.send(what)
        except OSError:
            self._orders.put_nowait(("gone",))

    # -- the work

    async def _doing(self, work: Coroutine[Any, Any, None], done: str) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as error:  # ours: the run says so
            self._tell("broken", f"{type(error).__name__}: {error}")
        else:
            self._tell(done)

    async def _open(self, start: float) -> None:
        """The rooms with our numbers, each when its turn in the whole crowd has come."""
        order = self._order
        patience = order.patience_s or float(self._spec.timings["poll_timeout"])
        at_once = asyncio.Semaphore(order.at_once)
        if order.per_second:
            at_once = asyncio.Semaphore(len(self._share.rooms))

        async def one(number: int) -> None:
            if order.per_second:
                await asyncio.sleep(start + number / order.per_second - time.perf_counter())
            async with at_once:
                room = self._room(number)
                due = start + number / order.per_second if order.per_second else time.perf_counter()
                opened = await room.open(due, patience)
                self._report.opened.append(opened)
                self._tell("room", room.is_open)
                if not room.is_open:
                    await room.close(goodbye=False)

        async with Watch() as watch:
            try:
                async with asyncio.TaskGroup() as group:
                    for number in self._share.rooms:
                        group.create_task(one(number))
            finally:
                self._report.opening = watch.load()

    def _room(self, number: int) -> Room:
        async def new_peer(actor: str) -> TimedPeer:
            user = await self._people.person(self._lane, actor)
            return TimedPeer(user, await self._ice_servers(user))

        room = Room(number, new_peer, lambda sdp: first_elsewhere(self._rooms, number, sdp))
        self._rooms.append(room)
        return room

    async def _ice_servers(self, user: User) -> list[dict[str, Any]]:
        known = self._relays[user.id]
        if known is not None:
            return [dict(one) for one in known]
        answer = await user.ice_servers()
        found = urls.well_formed(answer.at("iceServers"))
        if not answer.ok or not found:
            raise PeerError(f"getIceServers was not done: {answer.status}, {len(found)} servers")
        return found

    async def _speak(self, start: float) -> None:
        order = self._order
        rooms = [room for room in self._rooms if room.is_open]

        async def one(room: Room) -> None:
            random = Random(f"{order.seed} {room.number}")  # noqa: S311 - when within its second, no secret
            spoken = await room.speak(start, order.messages, order.every_s, random)
            self._report.spoken.append(spoken)
            self._tell("talked", spoken.fault == "")

        async with Watch() as watch:
            try:
                async with asyncio.TaskGroup() as group:
                    for room in rooms:
                        group.create_task(one(room))
            finally:
                self._report.talking = watch.load()

    async def _close(self, *, goodbye: bool) -> None:
        rooms, self._rooms = self._rooms, []
        at_once = asyncio.Semaphore(AT_ONCE if goodbye else len(rooms) or 1)

        async def one(room: Room) -> None:
            async with at_once:
                await room.close(goodbye=goodbye)

        try:
            async with asyncio.timeout(CLOSE_S):
                await asyncio.gather(*(one(room) for room in rooms), return_exceptions=True)
        except TimeoutError:
            pass  # what is left goes with this process

    def _saw(self, user: User, request: Request, answer: Answer) -> None:
        """Counts what was asked, and what a server under load must not say."""
        self._report.requests += 1
        status = answer.status
        if status is not None and status < 500:
            return
        key = (request.operation, f"status {status}" if status is not None else "no answer came")
        self._report.errors[key] += 1
        self._report.first_error_at.setdefault(key, time.perf_counter())
