"""What the model holds: people, rooms, budgets, and what the target claims. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.explore.findings import SENT_BACK_CHARS
from conformance.explore.model.actions import Action
from conformance.explore.model.budgets import Window
from conformance.explore.model.expecting import Fault, fault
from conformance.explore.model.moments import Grace, Span
from conformance.explore.model.rooms import Person, Room
from protocol.operations import Answer
from protocol.spec import Budget, Spec
from protocol.target import Target

REFUSALS = frozenset(range(400, 500))


@dataclass(frozen=True)
class Rules:
    """What a target is held to, and how its people sign in. Where they are `returning`, as those of a list
    of tokens are, earlier plays have spent of their budgets, nobody knows how much.
    """

    spec: Spec
    profiles: frozenset[str]
    deliveries: tuple[str, ...]
    csrf: bool
    returning: bool = False

    @classmethod
    def of(cls, spec: Spec, target: Target, *, returning: bool = False) -> Rules:
        return cls(spec, frozenset(target.profiles), target.deliveries, target.csrf, returning)

    def asks(self, requirement: str | None) -> bool:
        """Whether this is asked of the target; what no requirement says always is."""
        return requirement is None or self.spec.requirement(requirement).profile in self.profiles

    def delivery(self, action: Action) -> str:
        return self.deliveries[0] if action.sign not in self.deliveries else action.sign

    def offers(self, operation: str) -> bool:
        """Whether the target has the operation: all that no claimed profile names it need not."""
        named = [profile.name for profile in self.spec.profiles.values() if operation in profile.operations]
        return not named or bool(self.profiles & set(named))


@dataclass(frozen=True)
class Sent:
    """An action as it went out: with what body, to which room by its real id."""

    action: Action
    body: Mapping[str, Any] = field(default_factory=dict)
    room_id: str = ""


def told_id(answer: Answer) -> str:
    """The id of the room in an answer; empty where there is none that can be asked for."""
    return answer.room_id if len(answer.room_id) <= SENT_BACK_CHARS else ""


class State:
    """One play's people, rooms and budgets."""

    def __init__(self, rules: Rules, people: Sequence[Person]) -> None:
        self.rules = rules
        self.spec = rules.spec
        self.people = list(people)
        self.rooms: dict[str, Room] = {}
        self.windows: dict[tuple[str, ...], Window] = {}
        self.spent: set[tuple[str, int]] = set()
        self.bearer_wrote = False  # a write signed by bearer was accepted: without a CSRF token

    def by(self, action: Action) -> Person:
        return self.people[action.who]

    def room(self, label: str) -> Room | None:
        return self.rooms.get(label)

    def called(self, room_id: object) -> Room | None:
        """The room of that id."""
        return next((room for room in self.rooms.values() if room.id == room_id), None)

    def window(self, action: Action) -> Window | None:
        """The budget that the action spends; None where it has none."""
        budget = self.spec.operation(action.do).budget
        if budget is None:
            return None
        key = (action.do, str(action.who), action.room if "room" in budget.per else "")
        return self.windows.setdefault(key, self._new(budget))

    def _new(self, budget: Budget) -> Window:
        return Window(budget, Grace.of(self.spec))

    def gone(
        self, room: Room | None, at: Span, requirement: str, *, as_it_ended: bool = False
    ) -> list[Fault]:
        """Why it is refused, where the room is not there: by that requirement, or by how it ended."""
        if room is None:
            return [fault(requirement, [404], "there is no such room")]
        there = room.there(at, self.spec)
        if there is False:
            by = {"PARTY-11": "ROOM-8"}.get(room.ended, room.ended) if as_it_ended else requirement
            return [fault(by, [404], ENDED.get(room.ended, "the room is not there"))]
        return [] if there else [fault(requirement, [404], "the room may be over", sure=False)]


ENDED = {
    "ROOM-8": "all have left the room",
    "PARTY-11": "all have left the room",
    "ROOM-13": "the room has been idle for longer than its lifetime",
    "CORS-8": "a foreign page asked for the room, so that it was never made",
}
