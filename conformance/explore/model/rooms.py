"""A room as its people and strangers know it: who is in it, whether it is there, what is shown of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.explore.model.expecting import Verdict, in_words
from conformance.explore.model.mail import Box, Candidates
from conformance.explore.model.moments import MOMENT_S, Activity, Grace, Span
from protocol.judge import show
from protocol.spec import Spec
from reports.reproduction.fault import Complaint

KEPT = ("customName", "encryptedRoomKey", "keyHash")  # ROOM-3: they come back as they were sent
LISTING = "body.rooms"
ABSENT = object()
NAMING = ("broadcasterId", "broadcasterName", "createdBy")  # PRIV-2: what an anonymous room does not show


@dataclass(frozen=True)
class Person:
    """Somebody of the play; `number` is what actions call it by."""

    number: int
    id: str
    name: str
    actor: str


@dataclass(frozen=True)
class Suspect:
    """What may have changed a room and should not have: by which requirement, and by how much the count is
    then off (0 where it concerns the times only).
    """

    requirement: str
    off: int = 0
    who: int = -1  # who may have been put out by it
    lasting: bool = False  # also where the count is right


@dataclass
class Room:
    """One room that the target has told us of. `ended` is the requirement by which it is gone, if it is."""

    label: str
    id: str
    creator: Person
    sent: Mapping[str, Any]
    activity: Activity
    made: Span
    party: bool = False
    parent: Room | None = None
    public: bool = True
    anonymous: bool = False
    ended: str = ""
    was_idle: bool = False
    people: dict[int, None] = field(default_factory=dict)
    invited: list[str] = field(default_factory=list)
    boxes: dict[str, Box] = field(default_factory=lambda: {"offer": Box("offer"), "answer": Box("answer")})
    candidates: Candidates = field(default_factory=Candidates)
    suspects: list[Suspect] = field(default_factory=list)
    count_by: str = "ROOM-1"  # what the count comes from
    shown_at: float | None = None  # lastActivity as it was shown last, and what was known of it then
    shown_when: Activity | None = None

    def there(self, at: Span, spec: Spec) -> bool | None:
        """Whether the room is there; None where that is open."""
        if self.ended:
            return False
        idle = self.activity.idle(at, spec.timings["room_lifetime"], Grace.of(spec))
        if idle:
            self.ended = "ROOM-13"
        return None if idle is None else not idle

    def listed(self, at: Span, spec: Spec) -> bool | None:
        """Whether the room is within the listing window."""
        idle = self.activity.idle(at, spec.timings["listing_window"], Grace.of(spec))
        self.was_idle = self.was_idle or idle is True
        return None if idle is None else not idle

    def active(self, at: Span, spec: Spec) -> None:
        """A join or a heartbeat by a participant."""
        self.listed(at, spec)
        self.activity.surely(at)

    def leave(self, person: int) -> None:
        self.people.pop(person, None)
        self.suspects.clear()
        self.count_by = "ROOM-7"
        for box in self.boxes.values():
            box.sender_left(person)
        if not self.people:
            self.ended = "PARTY-11" if self.party else "ROOM-8"

    def blame(self, default: str, off: int = 0) -> str:
        """The requirement that a wrong count or a missing room goes against: that of the newest thing which
        explains it.
        """
        for suspect in reversed(self.suspects):
            if suspect.off and suspect.off == off:
                return suspect.requirement
        return default

    # -- what an answer shows of it. `where` is `body.room`, or LISTING: then the complaint names the room.

    def _wrong(
        self,
        requirement: str | None,
        what: str,
        where: str,
        name: str,
        wanted: str,
        got: object,
        value: object,
    ) -> Verdict:
        """The field of that name is not that value (ABSENT: it is there at all)."""
        fatal = name == "participantCount"
        if where == LISTING:
            pattern = one_with(self.id, name, value)
            complaint = Complaint(
                requirement,
                LISTING,
                f"{name} of {self.id}: {wanted}",
                show(got),
                "matches",
                {"pattern": pattern},
            )
            return Verdict(complaint, f"{what}: {name}", fatal)
        arguments = {"value": None if value is ABSENT else value}
        complaint = Complaint(requirement, f"{where}.{name}", wanted, show(got), "equals", arguments)
        return Verdict(complaint, what, fatal)

    def seen(
        self, shown: Mapping[str, Any], where: str, by: Person, what: str, at: Span, *, whole: bool = True
    ) -> Iterable[Verdict]:
        """What is wrong with the room as shown to somebody. `whole`: every field that it has is wanted."""
        yield from self._count(shown, where, what)
        yield from self._kept(shown, where, what, whole)
        yield from self._named(shown, where, by, what)
        yield from self._invitations(shown, where, by, what)
        yield from self._times(shown, where, what)

    def _count(self, shown: Mapping[str, Any], where: str, what: str) -> Iterable[Verdict]:
        count = shown.get("participantCount")
        if count == len(self.people):
            self.suspects = [one for one in self.suspects if one.lasting or not one.off]
        elif isinstance(count, int):
            off = count - len(self.people)
            requirement = self.blame(self.count_by, off // abs(off) if off else 0)
            wanted = f"{len(self.people)} ({self._people_words()})"
            yield self._wrong(requirement, what, where, "participantCount", wanted, count, len(self.people))

    def _people_words(self) -> str:
        many = len(self.people)
        return (
            "one person has created or joined it and not left"
            if many == 1
            else (f"{many} people have created or joined it and not left")
        )

    def _kept(self, shown: Mapping[str, Any], where: str, what: str, whole: bool) -> Iterable[Verdict]:
        wanted = {name: self.sent[name] for name in KEPT if name in self.sent}
        if not self.party:
            wanted |= {"keyVersion": 1} if "encryptedRoomKey" in wanted else {}
        for name, value in wanted.items():
            if shown.get(name) != value and (whole or name in shown):
                requirement = "PARTY-1" if self.party else "ROOM-3"
                given = shown.get(name)
                yield self._wrong(requirement, what, where, name, f"{show(value)}, as sent", given, value)
        if not self.party and "encryptedRoomKey" not in wanted and shown.get("keyVersion") is not None:
            given = shown["keyVersion"]
            yield self._wrong("ROOM-3", what, where, "keyVersion", "none (no key was sent)", given, ABSENT)

    def _named(self, shown: Mapping[str, Any], where: str, by: Person, what: str) -> Iterable[Verdict]:
        if self.anonymous and by != self.creator:
            for name in NAMING:
                if shown.get(name) is not None:
                    wanted = f"no {name} (the room is anonymous, and somebody else made it)"
                    yield self._wrong("PRIV-2", what, where, name, wanted, shown[name], ABSENT)
        elif not self.anonymous:
            owner = "createdBy" if self.party else "broadcasterId"
            if owner in shown and shown[owner] != self.creator.id:
                other = self.sent.get("broadcasterId") not in (None, self.creator.id)
                requirement = "PARTY-1" if self.party else "AUTH-14" if other else "ROOM-1"
                wanted = f"{self.creator.id}, whose token made the room"
                yield self._wrong(requirement, what, where, owner, wanted, shown[owner], self.creator.id)

    def _invitations(self, shown: Mapping[str, Any], where: str, by: Person, what: str) -> Iterable[Verdict]:
        found = shown.get("invitedUsers")
        if not self.party or (not found and by.number not in self.people):
            return
        if by.number not in self.people:
            wanted = f"no invitedUsers ({by.actor} is no participant)"
            yield self._wrong("PARTY-9", what, where, "invitedUsers", wanted, found, ABSENT)
        elif found is not None and found != self.invited:
            wanted = f"{show(self.invited)}, first invited first"
            yield self._wrong("PARTY-5", what, where, "invitedUsers", wanted, found, self.invited)

    def _times(self, shown: Mapping[str, Any], where: str, what: str) -> Iterable[Verdict]:
        """lastActivity rises with an activity and stays without one."""
        now, before, known = shown.get("lastActivity"), self.shown_at, self.shown_when
        if not isinstance(now, int | float) or isinstance(now, bool):
            return
        activity = self.activity
        self.shown_at, self.shown_when = now, Activity(activity.sure, activity.perhaps)
        if before is None or known is None:
            self._clear_times()
            return
        place = LISTING if where == LISTING else f"{where}.lastActivity"
        what = f"{what}: lastActivity"
        if activity.perhaps == known.perhaps and activity.sure == known.sure and now != before:
            requirement = next((one.requirement for one in reversed(self.suspects) if not one.off), "ROOM-11")
            wanted = f"{show(before)} as before (nobody created, joined or sent a heartbeat since)"
            yield in_words(requirement, what, place, wanted, show(now), fatal=False)
        elif activity.sure.lo - known.perhaps.hi > MOMENT_S and now <= before:
            wanted = f"later than {show(before)} (somebody joined or sent a heartbeat since)"
            yield in_words("ROOM-11", what, place, wanted, show(now), fatal=False)
        self._clear_times()

    def _clear_times(self) -> None:
        self.suspects = [one for one in self.suspects if one.off]


def one_with(room_id: str, name: str, value: object) -> str:
    """A pattern of a listing, as Python prints it, in which that room has the field with that value."""
    this = rf"\{{(?=[^{{}}]*'roomId': {re.escape(repr(room_id))})"
    if value is ABSENT:
        return rf"{this}(?![^{{}}]*'{name}')"
    return rf"{this}(?=[^{{}}]*'{name}': {re.escape(repr(value))}[,}}])"
