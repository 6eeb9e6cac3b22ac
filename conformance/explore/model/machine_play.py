"""One play of the state machine: how its steps are taken, and what ends it. The rules are machine.py's."""

from __future__ import annotations

from typing import Any, Protocol

from hypothesis.stateful import RuleBasedStateMachine

from conformance.explore.model.actions import READS, Action
from conformance.explore.model.machine_choices import Choices
from conformance.explore.model.player import Player, Wrong

POST = {"offer": "sendOffer", "answer": "sendAnswer"}
READ = {"offer": "getOffer", "answer": "getAnswer"}
LIVELY = ("leaveRoom", "heartbeat")  # whether they had an effect the times in the listing show


class Stop(BaseException):
    """Ends what Hypothesis does: the time is over, or something was found. It is none of its failures."""


class Found(Stop):
    """Something new is wrong."""

    def __init__(self, player: Player, wrong: Wrong) -> None:
        super().__init__(wrong)
        self.player = player
        self.wrong = wrong


class Engine(Protocol):
    """What the machine's steps go through: the thread that the target is spoken to from."""

    def open(self) -> Player: ...

    def close(self, player: Player) -> None: ...

    def play(self, player: Player, action: Action) -> None:
        """Raises Stop where the time is over, Found where something new is wrong."""


class Play(RuleBasedStateMachine):
    """One play, and what several rules do in it."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine
        self.player = engine.open()
        self.see = Choices(self.player)
        self.made = 0

    def teardown(self) -> None:
        self.engine.close(self.player)

    def does(self, action: Action | None) -> bool:
        """Plays it; False where there is nothing more to be done in this play."""
        if action is None or self.player.lost or not self.see.offers(action.do):
            return False
        self.engine.play(self.player, action)
        return not self.player.lost

    def label(self) -> str:
        self.made += 1
        return f"room {self.made}"

    def meets(self, room: int, who: int) -> str:
        """A room in which there are two at least: somebody joins where there is but one."""
        label = self.see.company(room)
        if label:
            return label
        newcomer = self.see.newcomer(room, who)
        return newcomer.room if newcomer is not None and self.does(newcomer) else self.see.there(room)

    def member(self, do: str, label: str, who: int, **more: Any) -> Action | None:
        people = self.see.people_in(label)
        return Action(do, people[who % len(people)], label, **more) if people else None

    def looks_at(self, label: str, who: int) -> None:
        """What shows whether something has changed in a room: its listing, its boxes, its candidates."""
        if not label or not self.does(Action("listRooms", self.see.person(who))):
            return
        parent = self.see.parent_of(label)
        if parent != label:
            self.does(Action("listPartyRooms", self.see.person(who), parent))
        for do in ("getOffer", "getAnswer"):
            reader = self.see.reader(label, do, who)
            if reader is not None and not self.does(Action(do, reader, label)):
                return

    def bad(self, do: str, room: int, who: int, fault: str, how: int) -> None:
        """A request with one fault, where something would happen without; then a look at whether it did."""
        label = self.meets(room, who)
        if do in READS:  # so that there is something to be taken
            self.does(self.member(POST[READS[do]], label, who))
        if do in LIVELY:
            self.does(Action("listRooms", self.see.person(who)))
        people = self.see.people_out(label) if do == "joinRoom" else self.see.people_in(label)
        number = people[who % len(people)] if people else self.see.person(who)
        reader = self.see.reader(label, do, who) if do in READS else None
        number = number if reader is None else reader
        good = Action(do, number, label, users=self.see.some(who, 1))
        if self.does(self.see.made(self.see.spoilt(good, fault, how), self.label())):
            self.looks_at(label, who)
