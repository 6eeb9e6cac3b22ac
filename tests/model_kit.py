"""Answers made up for the model's tests: what a correct server would say, and what a wrong one would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.explore.model.actions import Action
from conformance.explore.model.expecting import Verdict
from conformance.explore.model.model import Model, Outcome
from conformance.explore.model.moments import Span
from conformance.explore.model.rooms import Person
from conformance.explore.model.state import Rules, Sent
from protocol import spec as spec_module
from protocol.operations import Answer

SPEC = spec_module.load()
SERVER = frozenset(name for name, profile in SPEC.profiles.items() if profile.subject == "server")
PEOPLE = [
    Person(n, f"{name}_id", name.capitalize(), name) for n, name in enumerate(("alice", "bob", "carol"))
]
ALICE, BOB, CAROL = range(3)
ROOM = "a room"
POSTED = {"sendOffer": "offer", "sendAnswer": "answer"}


class Talk:
    """A talk with a target that answers as the test says. Time stands still but for `later`."""

    def __init__(
        self, *, without: frozenset[str] = frozenset(), delivery: str = "cookie", returning: bool = False
    ) -> None:
        self.model = Model(Rules(SPEC, SERVER - without, (delivery,), True, returning), PEOPLE)
        self.now = 1000.0
        self.outcome = Outcome()

    def later(self, seconds: float) -> Talk:
        self.now += seconds
        return self

    def says(
        self, action: Action, status: int = 200, sent: dict[str, Any] | None = None, **body: Any
    ) -> list[str]:
        """What the model holds against that answer: requirements, `?` for none."""
        answer = Answer(action.do, status, raw=b"{}", body={"success": status == 200, **body})
        room = self.model.room(action.room)
        at = Span(self.now, self.now + 0.01)
        self.outcome = self.model.step(Sent(action, sent or {}, room.id if room else ""), answer, at)
        return [verdict.complaint.requirement or "?" for verdict in self.outcome.verdicts]

    @property
    def verdict(self) -> Verdict:
        return self.outcome.verdicts[0]

    # -- what a correct target does

    def room(self, count: int = 1, label: str = ROOM, by: int = ALICE, **more: Any) -> dict[str, Any]:
        """The room of that label as a target shows it."""
        times = {"createdAt": "2026-01-01T00:00:00.000Z", "lastActivity": int(self.now * 1000)}
        named = {"broadcasterId": PEOPLE[by].id, "broadcasterName": PEOPLE[by].name}
        room_id = "room_" + label.replace(" ", "_")
        return {"roomId": room_id, "isPublic": True, "participantCount": count, **named, **times, **more}

    def make(
        self, label: str = ROOM, by: int = ALICE, sent: dict[str, Any] | None = None, **more: Any
    ) -> None:
        action = Action("createRoom", by, makes=label)
        assert self.says(action, sent=sent, room=self.room(1, label, by, **more)) == []

    def party(self, *users: int, label: str = "a party", parent: str = ROOM) -> None:
        ids = [PEOPLE[user].id for user in users]
        action = Action("createPartyRoom", ALICE, makes=label, parent=parent, users=users)
        shown = self.room(1, label, isPublic=False, isPartyRoom=True, createdBy="alice_id", invitedUsers=ids)
        assert self.says(action, sent={"invitedUsers": ids}, room=shown) == []

    def joins(self, who: int, count: int, label: str = ROOM, **more: Any) -> list[str]:
        return self.says(Action("joinRoom", who, label), room=self.room(count, label, **more))

    def together(self) -> Talk:
        """alice's room, with bob in it."""
        self.make()
        assert self.joins(BOB, 2) == []
        return self

    def lists(self, *rooms: dict[str, Any], who: int = CAROL) -> list[str]:
        return self.says(Action("listRooms", who), rooms=list(rooms))

    def posts(
        self, text: str, do: str = "sendOffer", who: int = ALICE, label: str = ROOM, **how: Any
    ) -> list[str]:
        return self.says(replace(Action(do, who, label), **how), sent={POSTED[do]: text})

    def reads(
        self, text: str | None, do: str = "getOffer", who: int = BOB, label: str = ROOM, by: int = ALICE
    ) -> list[str]:
        """Reads a text; None is a 404."""
        action = Action(do, who, label)
        if text is None:
            return self.says(action, 404)
        return self.says(action, **{do.removeprefix("get").lower(): text}, fromUserId=PEOPLE[by].id)
