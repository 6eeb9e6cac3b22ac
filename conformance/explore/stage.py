"""A stage: one play against the target, with people of its own. Each answer is judged as it comes."""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.canaries import JOINS, Canaries
from conformance.cast import World
from conformance.explore.findings import SENT_BACK_CHARS, Covered, Finding, Record
from conformance.explore.oracle.oracle import Oracle
from conformance.forge import Forge
from protocol.client import Lane, User
from protocol.operations import Answer, Request
from protocol.transcript import Transcript, quoted_secrets
from reports.reproduction.fault import Complaint
from reports.reproduction.script import faithful

REMEMBERED = 500  # stages whose marks are looked for in what others are answered
RAW_BYTES = 256 * 1024  # of a body that the log does not hold as it was sent
Report = Callable[[Finding], None]


@dataclass
class Arena:
    """What all plays of an attack share. `world.control` moves the target's clock, where it can be moved."""

    world: World
    seed: int
    oracle: Oracle = field(init=False)
    stages: int = 0

    def __post_init__(self) -> None:
        control = self.world.control
        now = time.time if control is None else control.now
        self.oracle = Oracle(self.world.spec, self.world.target, now)

    def chance(self, *of: object) -> random.Random:
        """Chance that the seed and what it is the chance of decide."""
        return random.Random(f"{self.seed} {of}")  # noqa: S311

    def stage(self, name: str, covered: Covered, lane: Mapping[str, Any] | None = None) -> Stage:
        """`lane` replaces parts of the lane that its people share, e.g. its wire."""
        self.stages += 1
        if self.stages % REMEMBERED == 0:  # an attack may go on for a day
            self.world.canaries = Canaries(self.world.spec)
        return Stage(self, name, covered, lane or {})


class Stage:
    """One play. `complaints` holds what the oracle said, each with the place of its exchange in `records`."""

    def __init__(self, arena: Arena, name: str, covered: Covered, lane: Mapping[str, Any]) -> None:
        world = arena.world
        self.arena = arena
        self.covered = covered
        self.records: list[Record] = []
        self.complaints: list[tuple[Complaint, int]] = []
        self.forge = Forge(world.minter)
        self.people: dict[str, User] = {}
        self._former: list[User] = []  # may still be in a room
        self._inside: dict[tuple[str, str], User] = {}
        self._canaries = world.canaries
        self._faulty = "wire" in lane  # faults on the way are wanted: silence is no complaint
        secret_fields = world.spec.policy["names"]["secret_fields"]
        self._quoted_secrets = quoted_secrets(secret_fields)
        self.transcript = Transcript(self.records.append, world.target.base_url, secret_fields)
        parts: dict[str, Any] = {
            "spec": world.spec,
            "operations": world.operations,
            "wire": world.wire,
            "transcript": self.transcript,
            "redactor": self.transcript.redactor(),
            "attempt": name,
            "on_answer": self._saw,
            "on_request": self._canaries.sending,
        }
        self.lane = Lane(**{**parts, **lane})

    async def person(self, actor: str) -> User:
        """The person of that name in this play: made at the first call."""
        if actor not in self.people:
            self.people[actor] = await self.arena.world.people.person(self.lane, actor)
        return self.people[actor]

    async def another(self, actor: str) -> User:
        """A new person in the place of the one of that name, whose budgets are spent."""
        former = self.people.pop(actor, None)
        if former is not None:
            self._former.append(former)
        return await self.person(actor)

    async def advance(self, seconds: float) -> None:
        """Moves the target's clock and keeps it in the record. Raises ControlError."""
        control = self.arena.world.control
        assert control is not None, "asked only where the target offers test control"
        await control.advance(seconds)
        self.records.append({"type": "pause", "seconds": seconds})

    def complain(self, complaint: Complaint, place: int | None = None) -> None:
        """`place` of the exchange that it is about; without it the newest. Only what the target claims is
        asked of it.
        """
        if self.arena.oracle.asks(complaint):
            self.complaints.append((complaint, len(self.records) - 1 if place is None else place))

    def finding(
        self,
        method: str,
        what: str,
        complaint: Complaint,
        place: int,
        *,
        replay: Mapping[str, Any],
        minimal: bool = False,
    ) -> Finding:
        """A complaint about the exchange at that place as a finding: with the exchanges up to there, and
        without secrets.
        """
        shown = self.records[: place + 1]
        operation = str(shown[-1].get("operation", "")) if shown else ""
        said = replace(complaint, wanted=self._hidden(complaint.wanted), got=self._hidden(complaint.got))
        return Finding(method, what, operation, said, shown, replay, minimal)

    def _hidden(self, text: str) -> str:
        """What is quoted of an answer, without what is secret: it may be cut off in the middle of it."""
        return self._quoted_secrets.sub(r"\1«secret»", self.lane.redactor.text(text))

    async def tidy(self) -> None:
        """Everybody leaves; what the target says to that is not judged."""
        inside, self._inside = self._inside, {}
        kept = len(self.complaints)
        for (_, room), user in reversed(inside.items()):
            if (await user.leave(room)).status is None:
                break
        del self.complaints[kept:]
        for user in (*self.people.values(), *self._former):
            self.arena.world.minter.release(user.id)

    def _saw(self, user: User, request: Request, answer: Answer) -> None:
        covered = self.covered
        covered.requests += 1
        recorded, raw = self.records[-1]["request"], request.body or b""
        if len(raw) <= RAW_BYTES and not faithful(recorded, raw):
            recorded["raw"] = base64.b64encode(raw).decode("ascii")  # a script sends it again to the byte
        if answer.ok and user.delivery != "none":
            covered.accepted[answer.operation] = covered.accepted.get(answer.operation, 0) + 1
        if answer.ok and answer.operation in JOINS and 0 < len(answer.room_id) <= SENT_BACK_CHARS:
            self._inside[(user.id, answer.room_id)] = user
        elif answer.ok and answer.operation == "leaveRoom":
            self._inside.pop((user.id, str(request.fields.get("roomId"))), None)
        if answer.status is None and self._faulty:
            return
        stray = self._canaries.answered(user, request, answer)
        for complaint in self.arena.oracle.judge(user, request, answer, stray):
            self.complain(complaint)
