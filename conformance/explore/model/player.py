"""Plays actions on the target, as people of a stage, and has the model compare every answer."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.control import ControlError
from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box
from conformance.explore.model.actions import ADVANCE, BAD_SIGNS, CREATES, POSTS, READS, Action
from conformance.explore.model.expecting import Verdict
from conformance.explore.model.model import Model
from conformance.explore.model.moments import Span
from conformance.explore.model.rooms import Person
from conformance.explore.model.state import Rules, Sent
from conformance.explore.stage import Arena
from conformance.things import filler, relay_candidate, sdp
from protocol import tokens
from protocol.client import User
from protocol.marks import mark
from protocol.mint import MintError
from protocol.operations import Request

ACTORS = ("alice", "bob", "carol", "dave", "erin")
LEAST = 3  # fewer people make no play
NAME = "model"
BAD_CURSOR = "no cursor/%00!"
KEY_HASH = "0af9" * 16


@dataclass(frozen=True)
class Wrong:
    """A verdict, and the place of the exchange that it is about."""

    verdict: Verdict
    place: int
    operation: str

    @property
    def key(self) -> tuple[str, ...]:
        """As a finding's."""
        complaint = self.verdict.complaint
        return (complaint.requirement or "", self.operation, complaint.where, self.verdict.what)

    @property
    def alike(self) -> tuple[str, ...]:
        """What a shorter play has to show: of the same thing it may name another requirement, and a better
        one, for there is less to blame in it.
        """
        return self.key[1:]


class Player:
    """One play: its people, the model that follows it, and what was wrong on the way."""

    def __init__(self, arena: Arena, covered: Covered, box: Box) -> None:
        self.arena = arena
        self.spec = arena.world.spec
        self.box = box
        self.stage = arena.stage(NAME, covered)
        self.users: list[User] = []
        returning = arena.world.minter.capacity is not None
        self.model = Model(Rules.of(self.spec, arena.world.target, returning=returning), ())
        self.actions: list[Action] = []
        self.wrong: list[Wrong] = []
        self.lost = False
        self.steps = 0
        self._nowhere: dict[str, str] = {}
        self._seen: set[tuple[str, ...]] = set()

    async def open(self) -> None:
        """Makes the people. Raises MintError where there are too few."""
        for actor in ACTORS:
            try:
                user = await self.stage.person(actor)
            except MintError:
                if len(self.users) < LEAST:
                    raise
                break
            self.users.append(user)
        self.model.people = [Person(n, user.id, user.name, user.actor) for n, user in enumerate(self.users)]

    async def play(self, action: Action) -> list[Wrong]:
        """Does it as often as it says, and returns what was wrong that was not before in this play. Stops
        where the model no longer knows the target's state: an answer that is wrong by itself ends no burst.
        """
        self.actions.append(action)
        if action.do == ADVANCE:
            await self._advance(action.seconds)
            return []
        found: list[Wrong] = []
        for number in range(action.times):
            if self.lost or self.box.over:
                break
            # Of rooms made in a row each has a label of its own.
            makes = f"{action.makes}.{number}" if number else action.makes
            found += await self._once(replace(action, times=1, makes=makes))
        return found

    def now(self) -> Span:
        """The target's time, as far as the clocks agree."""
        control = self.arena.world.control
        moment = time.monotonic() + (control.offset if control is not None else 0.0)
        return Span(moment, moment)

    async def close(self) -> None:
        await self.stage.tidy()

    def finding(self, wrong: Wrong, *, minimal: bool) -> Finding:
        """What was wrong as a finding, with the exchanges up to there."""
        replay = {"actions": [action.as_json() for action in self.actions]}
        what, said = wrong.verdict.what, wrong.verdict.complaint
        return self.stage.finding(NAME, what, said, wrong.place, replay=replay, minimal=minimal)

    # -- inside

    async def _advance(self, seconds: float) -> None:
        try:
            await self.stage.advance(seconds)
        except ControlError:
            self.lost = True

    async def _once(self, action: Action) -> list[Wrong]:
        request = self._request(action)
        said = len(self.stage.complaints)
        answer = await self._signed(action).send(request)
        self.steps += 1
        room = self.model.room(action.room)
        control = self.arena.world.control
        ahead = control.offset if control is not None else 0.0
        at = Span(answer.started + ahead, answer.ended + ahead)
        outcome = self.model.step(Sent(action, request.fields, room.id if room else ""), answer, at)
        self.lost = self.lost or outcome.lost
        verdicts = [one for one in outcome.verdicts if self.arena.oracle.asks(one.complaint)]
        place = len(self.stage.records) - 1
        by_itself = [complaint for complaint, _ in self.stage.complaints[said:]]
        verdicts += [Verdict(complaint, f"{action.do}, by itself", False) for complaint in by_itself]
        found = {wrong.key: wrong for wrong in (Wrong(one, place, action.do) for one in verdicts)}
        new = [wrong for key, wrong in found.items() if key not in self._seen]
        self._seen.update(found)
        self.wrong += new
        return new

    def _signed(self, action: Action) -> User:
        user = self.users[action.who]
        if action.sign == "bearer":
            return user.by_bearer()
        if action.sign == "cookie":
            return user.by_cookie()
        if action.sign == "none":
            return user.without_token()
        if action.sign in BAD_SIGNS:
            return user.with_token(self._bad_token(user, action.sign), f"{action.sign} token")
        return user

    def _bad_token(self, user: User, kind: str) -> str:
        try:
            if kind == "expired":
                past = int(time.time()) - self.spec.timings["token_probe_offset"]
                issued = past - self.spec.timings["access_token_lifetime"]
                return self.stage.forge.craft(user.id, iat=issued, exp=past)
            if kind == "tampered":
                return tokens.tampered(user.token)
            if kind == "unsigned":
                header, claims = tokens.peek(user.token)
                return tokens.unsigned(claims, "none", {"kid": header["kid"]} if "kid" in header else {})
        except (MintError, tokens.TokenError):
            pass  # the target's tokens are not ours to make, or are opaque
        return secrets.token_urlsafe(32)

    def _request(self, action: Action) -> Request:
        user = self._signed(action)
        request = self._of(user, action)
        if action.broken:
            required = (self.spec.operation(action.do).request_schema or {})["required"]
            request = request.without_field(required[-1])
        csrf = self.spec.policy["names"]["csrf_header"]
        if request.header(csrf) is not None and action.csrf != "own":
            other = self.users[(action.who + 1) % len(self.users)].csrf or ""
            own = user.csrf or ""
            values = {"wrong": secrets.token_hex(16), "another's": other, "empty": ""}
            values |= {"shortened": own[:-1], "lengthened": own + "0"}
            request = (
                request.with_header(csrf, values[action.csrf])
                if action.csrf in values
                else request.without_header(csrf)
            )
        if action.origin != "none":
            allowed = self.arena.world.target.origins
            foreign = self.spec.probes["foreign_origins"][0]
            request = request.with_header("Origin", allowed[0] if action.origin == "allowed" else foreign)
        if action.origin == "simple":
            request = request.without_header(csrf).with_header("Content-Type", "text/plain")
        if action.spoof is not None:
            probe = self.spec.probes["spoofed_addresses"][action.spoof]
            request = request.with_header(probe["header"], probe["value"])
        return request

    def _of(self, user: User, action: Action) -> Request:
        """The request as it is when nothing is wrong with it."""
        do, room = action.do, self._id(action.room)
        if do in CREATES:
            fields = self._creating(action)
            return user.creating(**fields) if do == "createRoom" else user.creating_party(**fields)
        if do in ("joinRoom", "leaveRoom"):
            fields = self._named(action, "userId")
            return user.joining(room, **fields) if do == "joinRoom" else user.leaving(room, **fields)
        if do in POSTS:
            fields = {
                "roomId": room,
                POSTS[do]: sdp(),
                "type": POSTS[do],
                **self._named(action, "fromUserId"),
            }
            return user.request(do, **fields)
        if do in READS:
            return user.request(do, params={"roomId": room})
        if do == "heartbeat":
            return user.request(do, roomId=room)
        if do == "sendCandidate":
            return user.candidate_of(room, "" if "empty" in action.details else relay_candidate(self.steps))
        if do == "getCandidates":
            held = self.model.room(action.room)
            cursor = held.candidates.cursor(action.who, action.since)[0] if held else None
            cursor = BAD_CURSOR if action.since == "bad" else cursor
            query = {"since": cursor} if cursor is not None else None
            return user.request(do, params={"roomId": room}, query=query)
        if do == "listPartyRooms":
            return user.request(do, params={"parentRoomId": room})
        if do == "inviteToPartyRoom":
            return user.inviting(room, *self._invited(action))
        return user.request(do)

    def _creating(self, action: Action) -> dict[str, Any]:
        fields: dict[str, Any] = self._named(action, "broadcasterId")
        if "named" in action.details:
            fields["customName"] = f"Tea {mark()}"
        if "keyed" in action.details:
            fields |= {"encryptedRoomKey": filler(60) + "=", "keyHash": KEY_HASH}
        if "unlisted" in action.details:
            fields["isPublic"] = False
        if "anonymous" in action.details:
            fields["anonymous"] = True
        if action.parent:
            fields["parentRoomId"] = self._id(action.parent)
        if action.users or action.guests:
            fields["invitedUsers"] = self._invited(action)
        return fields

    def _named(self, action: Action, field: str) -> dict[str, str]:
        return {} if action.named is None else {field: self.users[action.named].id}

    def _invited(self, action: Action) -> list[str]:
        known = [self.users[number].id for number in action.users if number < len(self.users)]
        return [*known, *(f"guest-{number}" for number in range(action.guests))]

    def _id(self, label: str) -> str:
        """The real id behind a label; one that no server has given out where nothing was made under it."""
        room = self.model.room(label)
        if room is not None:
            return room.id
        prefix = self.spec.policy["names"]["room_id_prefix"]
        return self._nowhere.setdefault(label, prefix + secrets.token_hex(16))


async def play_all(
    arena: Arena,
    covered: Covered,
    actions: Sequence[Action],
    box: Box,
    ended: Callable[[Wrong], bool] = lambda wrong: False,
) -> Player:
    """A new play of these actions, up to the first that the model cannot follow or that is wrong in the way
    that ends it. It is not closed yet.
    """
    player = Player(arena, covered, box)
    await player.open()
    for action in actions:
        if player.lost or box.over:
            break
        if action.who < len(player.users) and any(ended(wrong) for wrong in await player.play(action)):
            break
    return player
