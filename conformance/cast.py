"""The people and things of one check run: alice, bob, a room. Made when asked for, unique to the check.

`alice` makes the room, `bob` joins it where the check names him, `stranger` and all others do neither.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance import things
from conformance.canaries import JOINS, Canaries
from conformance.control import TestControl
from conformance.delivery import Delivery, asked_of
from conformance.forge import Forge
from conformance.logins import Newcomer
from conformance.registry import Job
from protocol.client import Lane, User
from protocol.mint import Minter
from protocol.operations import Answer, Operations, Request
from protocol.spec import Spec
from protocol.target import Target
from protocol.transcript import Redactor, Transcript
from protocol.wire import Wire
from suite.browser import Browsers
from suite.expectations import Inconclusive, given
from suite.otp_codes import OtpCodes
from suite.people import People

NEWCOMERS = ("newcomer", "latecomer")
PEOPLE = ("alice", "bob", "carol", "dave", "erin", "stranger")


@dataclass
class World:
    """What all checks of a run share."""

    spec: Spec
    target: Target
    minter: Minter
    transcript: Transcript
    wire: Wire
    run_id: str
    control: TestControl | None = None
    watch: Callable[[str, Answer, Redactor, str | None], None] = lambda attempt, answer, redactor, stray: None
    seed: int = 0
    delivery_wire: Wire | None = None  # to the delivery of the widget, where there is one
    browsers: Browsers | None = None  # for pages that load from it

    def __post_init__(self) -> None:
        self.canaries = Canaries(self.spec)
        self.people = People(self.target, self.minter, self.run_id)
        self.codes = OtpCodes(self.spec, self.target, self.wire)

    @property
    def operations(self) -> Operations:
        return Operations(self.spec, self.target.paths)


class Cast:
    """Makes people and things for one attempt and takes them out of their rooms afterwards."""

    def __init__(self, world: World, job: Job, attempt: str) -> None:
        self.world = world
        self.spec = world.spec
        self.target = world.target
        self.job = job
        self._made: dict[str, Any] = {}
        self._inside: dict[tuple[str, str], User] = {}
        self._ids: list[str] = []
        self.forge = Forge(world.minter)
        self.redactor = world.transcript.redactor()
        self.last_exchange: int | None = None
        self.lane = Lane(
            world.spec,
            world.operations,
            world.wire,
            world.transcript,
            self.redactor,
            attempt,
            self._saw,
            world.canaries.sending,
        )

    async def get(self, name: str) -> Any:
        """The person or thing of that name, made at the first call."""
        if name not in self._made:
            self._made[name] = await self._make(name)
        return self._made[name]

    async def person(self, actor: str, *, id_length: int = 0, **claims: Any) -> User:
        """A new user that no other check knows, with an id of at least so many characters, and with these
        claims in its token besides.
        """
        user = await self.world.people.person(self.lane, actor, id_length=id_length, **claims)
        self._ids.append(user.id)
        return user

    async def people(self, count: int, actor: str = "guest") -> list[User]:
        """So many new users."""
        return list(await asyncio.gather(*(self.person(f"{actor}{index}") for index in range(count))))

    def newcomer(self, actor: str) -> Newcomer:
        """Somebody new who has an e-mail address and no token."""
        codes = self.world.codes
        return Newcomer(self.world.people.visitor(self.lane, actor), codes, codes.address())

    def chance(self, **of: int) -> random.Random:
        """Chance that the run's seed, the attempt, and what it is the chance of decide."""
        return random.Random(f"{self.world.seed} {self.lane.attempt} {of}")  # noqa: S311

    async def new_room(self, by: User, **fields: Any) -> str:
        """The id of a new room; inconclusive where it cannot be made."""
        answer = given(await by.create_room(**fields))
        if not answer.room_id:
            raise Inconclusive("a prerequisite failed: createRoom gave no roomId", answer.exchange)
        return answer.room_id

    async def _make(self, name: str) -> Any:
        if name in PEOPLE:
            return await self.person(name)
        if name in NEWCOMERS:
            return self.newcomer(name)
        if name == "room":
            room = await self.new_room(await self.get("alice"))
            if "bob" in self.job.check.parameters:
                given(await (await self.get("bob")).join(room))
            return room
        if name == "party":
            alice, bob = await self.get("alice"), await self.get("bob")
            return given(await alice.create_party(invitedUsers=[bob.id])).room_id
        if name in ("offer", "answer"):
            return things.sdp()
        if name == "delivery":
            return self._delivery()
        if name == "browsers":
            return self.world.browsers
        simple = {"spec": self.spec, "target": self.target, "case": self.job.value, "cast": self}
        if name in simple:
            return simple[name]
        raise LookupError(f"{self.job.id}: no person or thing is called {name!r}")

    def _delivery(self) -> Delivery:
        found = asked_of(self.target.cdn)
        assert self.world.delivery_wire is not None, "a target with a delivery has a wire to it"
        return Delivery(self.spec, found, self.world.delivery_wire, self.lane, self._saw_exchange)

    def _saw_exchange(self, number: int) -> None:
        self.last_exchange = number

    def _saw(self, user: User, request: Request, answer: Answer) -> None:
        self.last_exchange = answer.exchange
        if answer.ok and answer.operation in JOINS and answer.room_id:
            self._inside[(user.id, answer.room_id)] = user
        elif answer.ok and answer.operation == "leaveRoom":
            self._inside.pop((user.id, str(request.fields.get("roomId"))), None)
        stray = self.world.canaries.answered(user, request, answer)
        self.world.watch(self.lane.attempt, answer, self.redactor, stray)

    async def tidy(self) -> None:
        """Leaves every room that someone is still in; what the target says to it is not judged."""
        inside, self._inside = self._inside, {}
        # Those who came last leave first, so that a room does not go while others are in it.
        for (_, room), user in reversed(inside.items()):
            if (await user.leave(room)).status is None:
                return

    def release(self) -> None:
        """Gives the people of a static list back; nobody acts as them from now on."""
        for user_id in self._ids:
            self.world.minter.release(user_id)
