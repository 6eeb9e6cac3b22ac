"""Picks people, rooms, times and faults for the machine's rules, by number, from what the model knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.explore.model.actions import BAD_CSRF, BAD_SIGNS, CREATES, FOREIGN, NOWHERE, Action
from conformance.explore.model.player import Player
from conformance.explore.model.rooms import Room

BURSTS = (
    "createRoom",
    "joinRoom",
    "createPartyRoom",
    "sendOffer",
    "sendAnswer",
    "sendCandidate",
    "heartbeat",
)


class Choices:
    """What can be done next in one play. All picks are by remainder, so that any number picks something."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self.model = player.model
        self.rules = player.model.rules
        self.timings = player.spec.timings
        self.clock = player.arena.world.control is not None

    def offers(self, operation: str) -> bool:
        spec = self.player.spec
        return operation not in spec.operations or self.rules.offers(operation)

    # -- people

    def person(self, number: int) -> int:
        return number % len(self.player.users)

    def some(self, number: int, count: int) -> tuple[int, ...]:
        """So many people, the pick and those after it."""
        return tuple(self.person(number + more) for more in range(min(count, len(self.player.users))))

    def people_in(self, label: str) -> list[int]:
        room = self.model.room(label)
        return list(room.people) if room is not None and not room.ended else []

    def people_out(self, label: str) -> list[int]:
        room = self.model.room(label)
        inside = room.people if room is not None else {}
        return [number for number in range(len(self.player.users)) if number not in inside]

    def reader(self, label: str, do: str, number: int) -> int | None:
        """A participant who did not post what lies in the box that the operation reads."""
        room = self.model.room(label)
        if room is None or room.ended:
            return None
        mail = room.boxes["offer" if do == "getOffer" else "answer"].mail
        people = [one for one in room.people if mail is None or one != mail.sender]
        return people[number % len(people)] if people else None

    def read(self, do: str, label: str, number: int) -> Action | None:
        reader = self.reader(label, do, number)
        return Action(do, reader, label) if reader is not None else None

    # -- rooms

    def _rooms(self) -> list[Room]:
        now = self.player.now()
        return [room for room in self.model.rooms.values() if room.there(now, self.player.spec)]

    @staticmethod
    def _pick(rooms: Sequence[Room], number: int) -> str:
        return rooms[number % len(rooms)].label if rooms else ""

    def there(self, number: int) -> str:
        """A room that is there; of two picks one falls on the newest."""
        rooms = self._rooms()
        return self._pick(rooms[-1:] if number % 2 else rooms, number // 2)

    def company(self, number: int) -> str:
        """A room that two or more are in."""
        rooms = [room for room in self._rooms() if len(room.people) > 1]
        return self._pick(rooms[-1:] if number % 2 else rooms, number // 2)

    def anywhere(self, number: int) -> str:
        """A room, perhaps one that is gone."""
        rooms = list(self.model.rooms.values())
        return self._pick(rooms if number % 3 == 0 else self._rooms(), number // 3) or NOWHERE

    def elsewhere(self, label: str, number: int) -> str:
        """An ordinary room that is there beside that one."""
        return self._pick([one for one in self._rooms() if one.label != label and not one.party], number)

    def parent(self, number: int) -> str:
        """An ordinary room that is there; none at times."""
        rooms = [room for room in self._rooms() if not room.party]
        return self._pick(rooms, number // 5) if number % 5 else ""

    def parent_of(self, label: str) -> str:
        room = self.model.room(label)
        return room.parent.label if room is not None and room.parent is not None else label

    def party(self, number: int) -> str:
        parties = [room for room in self._rooms() if room.party]
        return self._pick(parties, number) if number % 6 else self.there(number)

    # -- actions

    def newcomer(self, room: int, who: int) -> Action | None:
        """Somebody who is not in a room joins it; of a party mostly somebody invited."""
        label = self.there(room)
        held = self.model.room(label)
        outside = self.people_out(label)
        if held is not None and held.party and who % 4:
            outside = [one for one in outside if self.model.people[one].id in held.invited] or outside
        return Action("joinRoom", outside[who % len(outside)], label) if label and outside else None

    def inside(self, do: str, room: int, who: int, **more: Any) -> Action | None:
        """A participant of a room does it."""
        label = self.there(room)
        people = self.people_in(label)
        return Action(do, people[who % len(people)], label, **more) if people else None

    def reading(self, do: str, room: int, who: int) -> Action | None:
        """Mostly where mail lies, and by somebody else than its poster."""
        kind = "offer" if do == "getOffer" else "answer"
        waiting = [one for one in self._rooms() if one.boxes[kind].mail is not None]
        label = self._pick(waiting, room) if who % 5 and waiting else self.there(room)
        people = self.people_in(label)
        if not people:
            return None
        reader = self.reader(label, do, who)
        own = who % 7 == 0 or reader is None
        return Action(do, people[who % len(people)] if own or reader is None else reader, label)

    def made(self, action: Action | None, label: str) -> Action | None:
        return replace(action, makes=label) if action is not None and action.do in CREATES else action

    def spoilt(self, action: Action, fault: str, how: int) -> Action | None:
        """The action with one fault of that kind, for which it is refused or has no effect; None where such a
        fault is none, or not the target's matter.
        """
        rules, operation = self.rules, self.player.spec.operations[action.do]
        cookie = operation.writes and rules.deliveries[0] == "cookie"
        if fault == "sign" and operation.needs_token and rules.asks("AUTH-1"):
            signs = ("none", *BAD_SIGNS)
            return replace(action, sign=signs[how % len(signs)])
        if fault == "csrf" and cookie and rules.csrf and rules.asks("CSRF-1"):
            words = ("absent", *BAD_CSRF)
            return replace(action, csrf=words[how % len(words)])
        if fault == "origin" and cookie and rules.asks("CORS-8"):
            return replace(action, origin=FOREIGN[how % len(FOREIGN)])
        required = (operation.request_schema or {}).get("required")
        invalid = fault == "broken" and required and rules.asks("VAL-1")
        return replace(action, broken=True) if invalid else None

    def odd(self, action: Action, how: int) -> Action:
        """The action in a way that is as good: signed otherwise, from an allowed page, claiming an id."""
        ways: list[dict[str, Any]] = [{"sign": way} for way in self.rules.deliveries]
        if self.player.arena.world.target.origins:
            ways.append({"origin": "allowed"})
        if action.do in (*CREATES, "joinRoom", "leaveRoom", "sendOffer", "sendAnswer"):
            ways += [{"named": self.person(how)}] * 3
        return replace(action, **ways[how % len(ways)])

    # -- budgets

    def a_burst(self, do: int, room: int, who: int, *, small: bool = False) -> Action | None:
        """As many requests as a budget still has, and one more; of a `small` budget."""
        offered = [name for name in (BURSTS[:3] if small else BURSTS) if self.offers(name)]
        # The small budgets are the cheap ones: they come more often.
        cheap = [one for one in offered if one in BURSTS[:3]]
        offered += cheap * 2
        name = offered[do % len(offered)]
        if name in CREATES:
            return self.burst(name, self.person(who), "")
        label = self.company(room) or self.there(room)
        people = self.people_in(label)
        return self.burst(name, people[who % len(people)], label) if people else None

    def burst(self, do: str, who: int, label: str) -> Action | None:
        """None too where people come again: they are to have something left for the next play."""
        action = Action(do, who, label)
        window = self.model.window(action)
        if window is None or self.rules.returning:
            return None
        return replace(action, times=window.left + 1)

    def the_rest(self, label: str, who: int) -> Action | None:
        """Somebody else sends the candidates that are still missing to as many as a room has to keep."""
        room = self.model.room(label)
        others = [one for one in self.people_in(label) if one != who]
        if room is None or not others:
            return None
        missing = self.player.spec.limits["candidates_kept"] - len(room.candidates.items)
        action = Action("sendCandidate", others[0], label)
        window = self.model.window(action)
        left = missing if window is None else min(missing, window.left)
        return replace(action, times=left) if left > 0 else None

    def again(self, action: Action) -> Action:
        """The whole budget, and one more; once where people come again."""
        window = None if self.rules.returning else self.model.window(action)
        return replace(action, times=window.budget.limit + 1 if window is not None else 1)

    def spoofed(self, action: Action, number: int) -> Action:
        probes = self.player.spec.probes["spoofed_addresses"]
        own = (self.player.arena.world.target.address_header or "").lower()
        number %= len(probes)
        known = probes[number]["header"].lower() == own
        return action if known else replace(action, spoof=number)

    def window(self, do: str) -> tuple[int, int, int]:
        """A budget's window, and how near its ends it is judged."""
        budget = self.player.spec.operation(do).budget
        window = budget.window if budget is not None else 0
        return window, self.timings["grace_before"], self.timings["grace_after"]

    # -- times

    def around(self, timing: str, late: bool) -> int:
        """Shortly before or after the end of a time, as near as it is judged."""
        graces = self.timings["grace_before"], self.timings["grace_after"]
        return self.timings[timing] + (graces[1] + 1 if late else -graces[0] - 1)

    def beyond(self) -> int:
        """What takes a time from shortly before its end to shortly after it."""
        return self.timings["grace_before"] + self.timings["grace_after"] + 2

    def a_time(self, number: int) -> int:
        times = [2, 2, self.beyond()]
        times += [
            self.around(name, late)
            for name in ("offer_lifetime", "answer_lifetime")
            for late in (False, True)
        ]
        times += [self.around("listing_window", late) for late in (False, True)]
        return times[number % len(times)]
