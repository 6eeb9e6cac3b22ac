"""Records what several people do at once, as histories that the models judge (protocol/histories.py).

A race shows by chance, so each is tried in rounds: one that shows in one of SHOWS_ONCE_IN rounds is found
with a probability over FOUND in 26 of them, by these two figures. A few more are played, since now and then a
quick server has answered one request before the next is out. Times are the client's own: a call is before its
request is sent and a return after its answer was read, so what the server did lies between.

What is no answer to go by (none at all, a 429, a failure) is recorded as an unknown outcome, which may
explain much. The history is judged first, for a violation is one all the same; then it is inconclusive.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from conformance.things import sdp
from conformance.waits import still_within
from protocol.client import User
from protocol.marks import mark
from protocol.models import ACCEPTED
from protocol.operations import Answer, Request
from suite.expectations import Expect, given

Kind = Literal["offer", "answer"]
Doing = Coroutine[Any, Any, Answer]
KINDS: tuple[Kind, ...] = ("offer", "answer")

SHOWS_ONCE_IN = 6
FOUND = 0.99
IN_FLIGHT_TOGETHER = 0.95  # of the rounds at least; bench/races.py measures it
AT_ONCE = 4  # rounds at a time, where each has a room of its own: small servers have few places


def rounds_for(once_in: float, found: float) -> int:
    """So many independent rounds show, with that probability, what one in so many shows."""
    return math.ceil(math.log(1 - found) / math.log(1 - 1 / once_in))


NEEDED = rounds_for(SHOWS_ONCE_IN, FOUND)
ROUNDS = math.ceil(NEEDED / IN_FLIGHT_TOGETHER)


async def rounds(play: Callable[[int], Awaitable[None]]) -> None:
    """Plays all rounds, by number, a few at a time."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with places:
            await play(number)

    await together(*map(one, range(ROUNDS)))


async def together(*parts: Coroutine[Any, Any, None]) -> None:
    """Does all of them concurrently. What ends one (a violation, say) ends all."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def at_once(*doings: Doing) -> list[Answer]:
    """All of them in flight together. Their requests are made and signed beforehand."""
    return await asyncio.gather(*doings)


@dataclass(frozen=True)
class Done:
    """One operation that has been done, with what the model is told of it."""

    who: str
    what: str
    on: str
    answer: Answer
    input: Any
    output: Any


class Recording:
    """What the histories of mail and of rooms have in common."""

    def __init__(self, model: str, **initial: Any) -> None:
        self._model = model
        self._initial = initial
        self._done: list[Done] = []
        self._unclear: list[Answer] = []
        self._lives: set[str] = set()  # what must not have ended by itself meanwhile

    def _record(self, user: User, what: str, on: str, answer: Answer, output: Any, given: Any = None) -> None:
        self._done.append(Done(user.actor, what, on, answer, given, output))
        if output is None:
            self._unclear.append(answer)

    def is_linearizable(self, about: str) -> None:
        """Expects that some order of the operations explains every answer."""
        if self._done:
            first = min((done.answer for done in self._done), key=lambda answer: answer.started)
            for lifetime in sorted(self._lives):
                still_within(lifetime, first)
            Expect(self._entries(first.started), about).linearizable(self._model, **self._initial)
        for answer in self._unclear:
            given(answer)

    def _entries(self, zero: float) -> list[dict[str, Any]]:
        return [
            {
                "who": done.who,
                "what": done.what,
                "on": done.on,
                # To a microsecond: two times may become equal, which accuses nobody, but never change places.
                "called": round((done.answer.started - zero) * 1000, 3),
                "returned": round((done.answer.ended - zero) * 1000, 3),
                "input": done.input,
                "output": done.output,
                "exchange": done.answer.exchange,
            }
            for done in self._done
        ]


class Mail(Recording):
    """A history of what is sent to and read from boxes that are empty at first.

    A message is known by its mark: whether it comes back byte for byte is MBOX-1's matter.
    """

    def __init__(self) -> None:
        super().__init__("mailbox", holds=None)
        self._names: dict[str, str] = {}

    def send(self, user: User, room: str, kind: Kind) -> Doing:
        """Sends a message that was never sent before."""
        marked, name = mark(), f"{kind} {len(self._names) + 1}"
        self._names[marked] = name
        sending = user.offering if kind == "offer" else user.answering
        return self._send(user, sending(room, sdp(marked)), self._box(room, kind), name)

    def read(self, user: User, room: str, kind: Kind) -> Doing:
        """Reads, as somebody who has sent nothing to this box."""
        operation = "getOffer" if kind == "offer" else "getAnswer"
        request = user.request(operation, params={"roomId": room})
        return self._read(user, request, self._box(room, kind), kind)

    def _box(self, room: str, kind: Kind) -> str:
        self._lives.add(f"{kind}_lifetime - grace_before")
        return f"the {kind} box of {room}"

    async def _send(self, user: User, request: Request, on: str, name: str) -> Answer:
        answer = await user.send(request)
        self._record(user, "send", on, answer, ACCEPTED if answer.ok else None, name)
        return answer

    async def _read(self, user: User, request: Request, on: str, kind: Kind) -> Answer:
        answer = await user.send(request)
        output: dict[str, Any] | None = {"status": answer.status}
        if answer.ok:
            output = {"mail": self._name(answer.at(kind))}
        elif answer.status == 404:
            output = {"mail": None}
        elif answer.status in (None, 429):
            output = None
        self._record(user, "read", on, answer, output)
        return answer

    def _name(self, text: Any) -> str:
        known = (name for marked, name in self._names.items() if isinstance(text, str) and marked in text)
        return next(known, "what nobody sent there meanwhile")


class Rooms(Recording):
    """A history of rooms: made in it, or (by `people` and `activity`) as they are at first."""

    def __init__(self, people: list[User] | None = None, activity: float | None = None) -> None:
        names = None if people is None else [person.actor for person in people]
        super().__init__("room", people=names, activity=activity)
        self._listings: list[tuple[User, Answer]] = []
        self._lives.add("listing_window - grace_before")

    def create(self, user: User) -> Doing:
        return self._create(user, user.creating())

    def join(self, user: User, room: str) -> Doing:
        return self._act(user, "join", room, user.joining(room))

    def leave(self, user: User, room: str) -> Doing:
        return self._act(user, "leave", room, user.leaving(room))

    def heartbeat(self, user: User, room: str) -> Doing:
        return self._act(user, "heartbeat", room, user.request("heartbeat", roomId=room))

    def saw(self, user: User, listing: Answer) -> None:
        """Somebody listed the rooms: one look at each room of this history."""
        self._listings.append((user, given(listing)))

    def is_linearizable(self, about: str) -> None:
        rooms = dict.fromkeys(done.on for done in self._done)
        for user, listing in self._listings:
            shown = {str(room.get("roomId")): room for room in reversed(listing.rooms)}
            for room in rooms:
                self._record(user, "list", room, listing, _look(shown.get(room)))
        self._listings = []
        super().is_linearizable(about)

    async def _create(self, user: User, request: Request) -> Answer:
        answer = await user.send(request)
        if answer.ok and answer.room_id:
            self._record(user, "create", answer.room_id, answer, ACCEPTED)
        else:
            self._unclear.append(answer)
        return answer

    async def _act(self, user: User, what: str, room: str, request: Request) -> Answer:
        answer = await user.send(request)
        refused = {"status": 404} if answer.status == 404 else None
        self._record(user, what, room, answer, ACCEPTED if answer.ok else refused)
        if answer.ok and answer.room:
            # Its count only: how activity shows is asked of the listing.
            self._record(user, "shown", room, answer, {"count": _number(answer.room, "participantCount")})
        return answer


def _look(room: dict[str, Any] | None) -> dict[str, Any]:
    if room is None:
        return {"listed": False}
    return {"count": _number(room, "participantCount"), "activity": _number(room, "lastActivity")}


def _number(room: dict[str, Any], name: str) -> float | None:
    """None for what is no number: that is ROOM-1's matter."""
    found = room.get(name)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None
