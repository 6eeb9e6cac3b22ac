"""Rooms and parties: a pure state machine over the caller's clock. No I/O, no token, no budget.

A room is listed while it is active, lives while it is written to, and ends with its last participant.
Its mail lies in the mailboxes (mailbox.py), which forget it when the room ends.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reference_server.candidates import CandidateLog
from reference_server.clock import Clock
from reference_server.refusal import Forbidden, Invalid, NotFound

SWEPT_AT_ONCE = 16  # ended rooms forgotten per created one: memory is bounded and no request pays for all


@dataclass(frozen=True, slots=True)
class RoomRules:
    """The numbers and names of the spec that rooms live by."""

    lifetime_s: int
    listing_window_s: int
    candidates_kept: int
    max_invited: int
    id_prefix: str


@dataclass(slots=True)
class Room:
    """One room. `activity` decides the listing, `written` the lifetime; both are epoch milliseconds."""

    id: str
    creator: str
    creator_name: str
    created_at: str
    candidates: CandidateLog
    custom_name: str | None = None
    encrypted_room_key: str | None = None
    key_hash: str | None = None
    public: bool = True
    anonymous: bool = False
    party: bool = False
    parent: str | None = None
    # Dicts in place of sets: they keep the order in which people were invited and came.
    invited: dict[str, None] = field(default_factory=dict)
    participants: dict[str, None] = field(default_factory=dict)
    activity: int = 0
    written: int = 0
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)

    def shown_to(self, user: str) -> dict[str, Any]:
        """The room as this user may see it."""
        found: dict[str, Any] = {"roomId": self.id}
        named = not self.anonymous or user == self.creator
        if named:
            found["broadcasterId"] = self.creator
            found["broadcasterName"] = self.creator_name
        found["createdAt"] = self.created_at
        found["participantCount"] = len(self.participants)
        found["isPublic"] = self.public
        found["lastActivity"] = self.activity
        if self.custom_name is not None:
            found["customName"] = self.custom_name
        if self.encrypted_room_key is not None:
            found["encryptedRoomKey"] = self.encrypted_room_key
            found["keyVersion"] = 1
        if self.key_hash is not None:
            found["keyHash"] = self.key_hash
        if self.anonymous:
            found["anonymous"] = True
        if self.party:
            found["isPartyRoom"] = True
            if self.parent is not None:
                found["parentRoomId"] = self.parent
            if named:
                found["createdBy"] = self.creator
            if user in self.participants:
                found["invitedUsers"] = list(self.invited)
        return found

    def sender_shown(self, user: str) -> str:
        """What the others see as fromUserId: in an anonymous room a pseudonym that holds for this room."""
        if not self.anonymous:
            return user
        return "anon_" + hmac.new(self.salt, user.encode("utf-8"), hashlib.sha256).hexdigest()[:24]


Index = OrderedDict[str, Room]


class Rooms:
    """Every room there is. Methods raise NotFound, Forbidden or Invalid and then have changed nothing."""

    def __init__(self, clock: Clock, rules: RoomRules, on_end: Callable[[str], None]) -> None:
        self._clock = clock
        self._rules = rules
        self._on_end = on_end
        self._by_write: Index = OrderedDict()  # all rooms, the one written to longest ago first
        self._listed: Index = OrderedDict()  # public rooms, the one inactive for longest first
        self._parties: dict[str, Index] = {}  # party rooms below each parent, in the same order

    def __len__(self) -> int:
        return len(self._by_write)

    def clear(self) -> None:
        for room in list(self._by_write.values()):
            self._end(room)

    # -- making and finding

    def create(self, creator: str, creator_name: str, *, invited: Iterable[str] = (), **details: Any) -> Room:
        """A new room whose only participant is its creator; `details` are fields of Room.

        A party room needs a parent that is there, and is anonymous where its parent is.
        """
        parent_id = details.get("parent")
        if parent_id is not None:
            parent = self.find(parent_id)
            details["anonymous"] = parent.anonymous
        now = self._clock.now_ms()
        self._sweep(now)
        log = CandidateLog(self._rules.candidates_kept)
        room = Room(self._new_id(), creator, creator_name, iso(now), log, **details)
        room.invited = dict.fromkeys(invited)
        room.participants[creator] = None
        self._by_write[room.id] = room
        index = self._index(room)
        if index is not None:
            index[room.id] = room
        self.activity(room)
        return room

    def find(self, room_id: str) -> Room:
        """Raises NotFound for a room that is not there, or no longer."""
        room = self._by_write.get(room_id)
        if room is None:
            raise NotFound("The room was not found.")
        if self._over(room, self._clock.now_ms()):
            self._end(room)
            raise NotFound("The room was not found.")
        return room

    def of_participant(self, room_id: str, user: str) -> Room:
        """The room, for somebody who takes part in it. Raises Forbidden for anybody else."""
        room = self.find(room_id)
        if user not in room.participants:
            raise Forbidden("Only a participant of the room may do this.")
        return room

    # -- taking part

    def join(self, room_id: str, user: str) -> Room:
        """Makes the user a participant, if need be. Raises Forbidden for the uninvited of a party."""
        room = self.find(room_id)
        if room.party and user != room.creator and user not in room.invited:
            raise Forbidden("Only the invited may join this room.")
        room.participants[user] = None
        self.activity(room)
        return room

    def heartbeat(self, room_id: str, user: str) -> Room:
        room = self.of_participant(room_id, user)
        self.activity(room)
        return room

    def leave(self, room_id: str, user: str) -> bool:
        """Ends the user's participation; the last one out ends the room. False for one who was not in."""
        room = self.find(room_id)
        if user not in room.participants:
            return False
        del room.participants[user]
        if room.participants:
            self.wrote(room)
        else:
            self._end(room)
        return True

    def activity(self, room: Room) -> None:
        """Somebody showed life: the room is listed as the newest, and lives on."""
        room.activity = room.written = self._clock.now_ms()
        self._by_write.move_to_end(room.id)
        index = self._index(room)
        if index is not None:
            index.move_to_end(room.id)

    def wrote(self, room: Room) -> None:
        """Something was written: the room lives on."""
        room.written = self._clock.now_ms()
        self._by_write.move_to_end(room.id)

    # -- parties

    def invite(self, room_id: str, user: str, invited: Iterable[str]) -> Room:
        """Merges people into the invited of a party room, first invited first."""
        room = self.find(room_id)
        if not room.party:
            raise Forbidden("This is no party room.")
        if user != room.creator:
            raise Forbidden("Only the creator of a party room invites to it.")
        merged = {**room.invited, **dict.fromkeys(invited)}
        if len(merged) > self._rules.max_invited:
            raise Invalid(
                f"userIds: more than {self._rules.max_invited} would be invited in all", field="userIds"
            )
        room.invited = merged
        self.wrote(room)
        return room

    # -- listings

    def listed(self) -> list[Room]:
        """The public rooms active within the listing window, newest activity first."""
        return self._active(self._listed)

    def parties_below(self, parent_id: str) -> list[Room]:
        """The party rooms of a parent, in the same way; none where there is no such parent."""
        return self._active(self._parties.get(parent_id, OrderedDict()))

    def _active(self, index: Index) -> list[Room]:
        now = self._clock.now_ms()
        oldest = now - self._rules.listing_window_s * 1000
        found = []
        for room in reversed(index.values()):
            if room.activity < oldest:
                break
            if not self._over(room, now):
                found.append(room)
        return found

    # -- ending

    def _over(self, room: Room, now: int) -> bool:
        return now - room.written >= self._rules.lifetime_s * 1000

    def _end(self, room: Room) -> None:
        del self._by_write[room.id]
        index = self._index(room)
        if index is not None:
            del index[room.id]
            if room.party and room.parent is not None and not index:
                del self._parties[room.parent]
        self._on_end(room.id)

    def _sweep(self, now: int) -> None:
        for _ in range(SWEPT_AT_ONCE):
            room = next(iter(self._by_write.values()), None)
            if room is None or not self._over(room, now):
                return
            self._end(room)

    def _index(self, room: Room) -> Index | None:
        """Where the room is listed, if anywhere."""
        if room.party:
            return None if room.parent is None else self._parties.setdefault(room.parent, OrderedDict())
        return self._listed if room.public else None

    def _new_id(self) -> str:
        return self._rules.id_prefix + secrets.token_hex(16)


def iso(milliseconds: int) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
