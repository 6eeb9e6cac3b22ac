"""Plays one schedule: sends its steps, and keeps what was done when as a history of each room.

What the answers mean is judged in symptoms.py. A step about a room that was never made is left out.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.explore.findings import SENT_BACK_CHARS, Covered
from conformance.explore.schedules.one_room import READS, UNSEEN, Output
from conformance.explore.schedules.schedule import Group, Schedule, Step
from conformance.explore.stage import Arena, Stage
from conformance.things import relay_candidate, sdp
from protocol.client import User
from protocol.linearizability import Operation
from protocol.marks import mark, marks_in
from protocol.operations import Answer, Request, encode
from reports.reproduction.fault import Complaint

LOST = "lost"  # the way of an exchange: it was answered, and the answer did not arrive
UNKNOWN = "unknown"  # nobody waited for an answer
UNSENT = "unsent"  # it never reached the target
TWICE = "twice"  # it reached the target twice; one of both answers arrived
LIMITED = 429
LARGEST = 2**63
KEPT_BYTES = 200  # of an answer, to be quoted
# What a text is called that came otherwise than it was sent.
UNSENT_TEXT, CHANGED, MISTAKEN = "what nobody sent", ", changed", ", as if somebody else had sent it"
Ways = list[str]
# What goes wrong on the way of the next request, and what became of it: set here, read by faults.FaultyWire.
fault: ContextVar[tuple[str, Ways] | None] = ContextVar("what goes wrong on the way", default=None)


@dataclass(frozen=True)
class Sent:
    """What somebody posted, by a mark of its own."""

    name: str
    kind: str
    room: str
    by: User
    text: str


@dataclass(frozen=True)
class Activity:
    """A lastActivity that somebody was shown of a room."""

    room: str
    called: float
    returned: float
    at: float
    ref: int


@dataclass(frozen=True)
class Shown:
    """What a look shows of a room: numbers, where they are such."""

    count: float | None
    at: float | None

    @classmethod
    def of(cls, room: Mapping[str, Any]) -> Shown:
        return cls(_number(room.get("participantCount")), _number(room.get("lastActivity")))


@dataclass(frozen=True)
class Listing:
    """What somebody was listed, by the room's id."""

    user: User
    called: float
    returned: float
    ref: int
    rooms: Mapping[str, Shown]


@dataclass
class Played:
    """A play that is over. `rooms` are the histories by the room's letter; `ref` of an operation is the
    number of its exchange. `unclear` says why nothing may be made of it.
    """

    schedule: Schedule
    stage: Stage
    rooms: dict[str, list[Operation]] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)  # by mark
    answers: dict[int, Answer] = field(default_factory=dict)
    steps: dict[int, Step] = field(default_factory=dict)
    activity: list[Activity] = field(default_factory=list)
    unclear: str = ""

    def till(self, exchange: int) -> Schedule:
        """The schedule up to the step that this exchange was."""
        step = self.steps.get(exchange)
        found: list[Group] = []
        for group in self.schedule:
            found.append(group)
            if any(one is step for one in group):
                break
        return tuple(found)

    def named(self, name: str) -> Sent | None:
        return next((sent for sent in self.sent.values() if sent.name == name), None)


class Play:
    """One play under way."""

    def __init__(self, arena: Arena, schedule: Schedule, covered: Covered, **stage: Any) -> None:
        self.arena = arena
        self._parts = stage
        self._silent = False
        self.stage = arena.stage("a schedule", covered, **stage)
        self.done = Played(schedule, self.stage)
        self._ids: dict[str, str] = {}
        self._ticks = itertools.count()
        self._cursors: dict[tuple[str, str], tuple[str, str]] = {}  # the look, and the cursor it brought
        self._listings: list[Listing] = []
        self._names: dict[tuple[str, str], itertools.count[int]] = {}

    async def run(self) -> Played:
        """Plays all, leaves every room, and returns what was done. Raises MintError."""
        timings = self.arena.world.spec.timings
        lives = min(timings["offer_lifetime"], timings["answer_lifetime"]) - timings["grace_before"]
        for who in dict.fromkeys(step.who for group in self.done.schedule for step in group):
            await self.stage.person(who)
        started = time.monotonic()
        try:
            for group in self.done.schedule:
                if self.done.unclear or self._silent:
                    break
                await self._together(group)
            if time.monotonic() - started > lives:
                self.done.unclear = "it took longer than mail lives"
            self._look_at_listings()
            if self._silent and "lane" in self._parts:
                await self._ask_for_life()
        finally:
            await self.stage.tidy()
        return self.done

    async def _together(self, group: Group) -> None:
        if len(group) == 1:
            await self._take(group[0])
        else:
            await asyncio.gather(*(self._take(step) for step in group))

    async def _take(self, step: Step) -> None:
        """The step, and once more where its answer was lost: as clients do."""
        user = await self.stage.person(step.who)
        for trouble in (step.fault, ""):
            if step.verb not in ("create", "list") and step.room not in self._ids:
                return
            request, given = self._request(user, step)
            ways: Ways = []
            fault.set((trouble, ways) if trouble else None)
            called = next(self._ticks)
            answer = await user.send(request)
            returned = next(self._ticks)
            fault.set(None)
            self.done.answers[answer.exchange] = kept_of(answer)
            self.done.steps[answer.exchange] = step
            self._note(user, step, given, called, returned, answer, ways)
            self._silent |= answer.status is None and not ways
            if self._silent or ways in ([], [TWICE]):
                return

    async def _ask_for_life(self) -> None:
        """Where an answer failed to come though nothing was done to it: is the target there, without us?"""
        plain = self.arena.stage("a schedule", self.stage.covered)
        answer = await (await plain.person("alice")).health()
        if answer.status is not None:
            self.done.unclear = "no answer came through the proxy"
        else:
            self.stage.records += plain.records
            words = "an HTTP answer to health after faults on the way"
            self.stage.complain(Complaint(None, "answer", words, answer.error or "none"))

    # -- requests

    def _request(self, user: User, step: Step) -> tuple[Request, Any]:
        """The request of a step, and the input of its operation."""
        room = self._ids.get(step.room, "")
        verb = step.verb
        if verb == "create":
            return user.creating(), None
        if verb == "join":
            return user.joining(room), None
        if verb == "leave":
            self._cursors.pop((user.actor, step.room), None)
            return user.leaving(room), None
        if verb == "heartbeat":
            return user.request("heartbeat", roomId=room), None
        if verb == "list":
            return user.request("listRooms"), None
        if verb in READS:
            operation = "getOffer" if verb == "poll" else "getAnswer"
            return user.request(operation, params={"roomId": room}), None
        if verb == "poll-candidates":
            look, cursor = self._cursors.get((user.actor, step.room), (None, None))
            query = {"since": cursor} if cursor is not None else None
            name = self._name(user, "look")
            return user.request("getCandidates", params={"roomId": room}, query=query), (name, look)
        return self._post(user, step, room)

    def _post(self, user: User, step: Step, room: str) -> tuple[Request, str]:
        name = self._name(user, step.verb)
        if step.verb == "candidate":
            text = relay_candidate(len(self.done.sent) + 1)
            marked = marks_in(text.encode()).pop()
            request = user.candidate_of(room, text)
        else:
            marked = mark()
            text = sdp(marked)
            sending = user.offering if step.verb == "offer" else user.answering
            request = sending(room, text)
        self.done.sent[marked] = Sent(name, step.verb, step.room, user, text)
        return request, name

    def _name(self, user: User, thing: str) -> str:
        number = next(self._names.setdefault((user.actor, thing), itertools.count(1)))
        return f"{user.actor}'s {thing} {number}"

    # -- what came of them

    def _note(
        self, user: User, step: Step, given: Any, called: int, returned: int, answer: Answer, ways: Ways
    ) -> None:
        if answer.status == LIMITED:
            self.done.unclear = f"{answer.operation} was refused with {LIMITED}"
        if UNSENT in ways:
            return
        if step.verb == "list":
            if answer.ok:
                listed = [room for room in reversed(answer.rooms) if _is_short(room.get("roomId"))]
                rooms = {room["roomId"]: Shown.of(room) for room in listed}
                self._listings.append(Listing(user, called, returned, answer.exchange, rooms))
            return
        if step.verb == "create":
            if not answer.ok or not answer.room_id or not _is_short(answer.room_id):
                return
            self._ids[step.room] = answer.room_id
            ways = []  # what a second one made nobody knows of
        output = UNSEEN if LOST in ways else self._output(user, step, given, answer)
        times = (called, returned)
        if TWICE in ways:
            self._keep(step.room, Operation(user.actor, step.verb, *times, given, UNSEEN, answer.exchange))
        self._keep(step.room, Operation(user.actor, step.verb, *times, given, output, answer.exchange))
        if output is not None and output["status"] == 200 and answer.room:
            look = "joined" if step.verb == "join" else "shown"
            self._shown(user, look, step.room, times, answer.exchange, Shown.of(answer.room))

    def _keep(self, room: str, operation: Operation) -> None:
        self.done.rooms.setdefault(room, []).append(operation)

    def _output(self, user: User, step: Step, given: Any, answer: Answer) -> Output | None:
        """None where it says nothing of what was done: a failure of the target, or no answer."""
        if answer.status is None or answer.status >= 500 or answer.status == LIMITED:
            return None
        if 200 <= answer.status < 300 and not answer.ok:
            return None  # the oracle's matter
        if not answer.ok:
            return {"status": answer.status}
        found: dict[str, Any] = {"status": 200}
        if step.verb in READS:
            found["mail"] = self._known(answer.at(READS[step.verb]), answer.at("fromUserId"))
        elif step.verb == "poll-candidates":
            items = answer.at("candidates")
            # More than was ever sent is wrong, however much more it is.
            listed = items[: len(self.done.sent) + 2] if isinstance(items, list) else []
            lines = [one.get("candidate") for one in listed if isinstance(one, Mapping)]
            found["items"] = [self._known(line) for line in lines]
            cursor = answer.at("next")
            if _is_short(cursor):
                self._cursors[(user.actor, step.room)] = (given[0], cursor)
        return found

    def _known(self, text: Any, sender: Any = None) -> str | None:
        """The name of what was sent; None for nothing. What nobody sent, or not so, is called that."""
        if text is None:
            return None
        marks = marks_in(encode(text)) if isinstance(text, str) else set()
        found = [self.done.sent[one] for one in marks if one in self.done.sent]
        if len(found) != 1:
            return UNSENT_TEXT
        sent = found[0]
        if sent.text != text:
            return sent.name + CHANGED
        return sent.name if sender in (None, sent.by.id) else sent.name + MISTAKEN

    def _shown(
        self, user: User, what: str, room: str, times: tuple[float, float], ref: int, shown: Shown | None
    ) -> None:
        output: dict[str, Any] = {"status": 200, "there": shown is not None}
        if shown is not None:
            output["count"] = shown.count
            if shown.at is not None:
                self.done.activity.append(Activity(room, *times, shown.at, ref))
        self._keep(room, Operation(user.actor, what, *times, None, output, ref))

    def _look_at_listings(self) -> None:
        """One look at each room, now that all are known that were made meanwhile."""
        for look in self._listings:
            times = (look.called, look.returned)
            for room, room_id in self._ids.items():
                self._shown(look.user, "listed", room, times, look.ref, look.rooms.get(room_id))


def kept_of(answer: Answer) -> Answer:
    """What may be asked of an answer later. Bodies are large: what they tell is in the histories."""
    return replace(answer, headers=(), raw=answer.raw[:KEPT_BYTES], body=None, envelope=None)


def _is_short(found: object) -> bool:
    """Whether it is a text that can be sent back."""
    return isinstance(found, str) and len(found) <= SENT_BACK_CHARS


def _number(found: Any) -> float | None:
    """None for what is no number, or none that anybody would count or date by."""
    good = isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < LARGEST
    return found if good else None
