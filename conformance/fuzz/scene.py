"""A scene: people and rooms that are alive, in which trials are performed one after the other and judged."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from conformance.explore.findings import SENT_BACK_CHARS, Covered
from conformance.explore.stage import Arena
from conformance.fuzz import aftermath, credentials, expecting
from conformance.fuzz.ledger import Boxes, Budgets, Fault
from conformance.fuzz.trials import (
    ANOTHER,
    CREATOR,
    GONE,
    ME,
    OTHER_ROOM,
    OUTSIDER,
    PARTICIPANT,
    PARTY,
    ROOM,
    Trial,
    filled,
)
from protocol.client import Delivery, User
from protocol.marks import mark
from protocol.operations import JSON_TYPE, Answer, Request, encode
from reports.reproduction.fault import Complaint

NAMES = {CREATOR: "alice", PARTICIPANT: "bob", OUTSIDER: "carol"}
MAKER = "dave"  # creates what nobody needs, and is replaced when a budget of his is spent
CREATES = ("createRoom", "createPartyRoom")
POSTS = {"sendOffer": "offer", "sendAnswer": "answer"}
READS = {"getOffer": "offer", "getAnswer": "answer"}
TRIALS = 40  # of one scene: then its budgets are worn and its story is long
RECORDS = 250
ECHOED = ("room.roomId", "rooms.0.roomId", "next")


@dataclass
class Memory:
    """What outlives a scene: whether anybody's write by cookie was ever accepted."""

    cookie_writes: bool = False


@dataclass
class Room:
    """What is known of a room. `members` are its participants by id."""

    id: str
    creator: str
    members: dict[str, User] = field(default_factory=dict)
    anonymous: bool = False
    party: bool = False
    invited: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Sent:
    """A trial as it went out: by whom, with which credentials, and what it was meant to be about."""

    trial: Trial
    user: User
    request: Request
    signed: bool
    room: str


class Scene:
    def __init__(self, arena: Arena, covered: Covered, name: str, memory: Memory | None = None) -> None:
        self.arena = arena
        self.memory = memory or Memory()
        self.spec = arena.world.spec
        self.target = arena.world.target
        self.stage = arena.stage(name, covered)
        self.budgets = Budgets(self.spec)
        self.boxes = Boxes(self.spec)
        self.rooms: dict[str, Room] = {}
        self.named: dict[str, str] = {}
        self.performed: list[Trial] = []
        self.blamed: dict[int, int] = {}  # a complaint's number, and how many trials it took
        self.broken = ""
        self.too_long = ""
        self._ledger_spoke = False
        # People of a list come again, with budgets of theirs spent: of what is left nothing is known.
        self.counts = arena.world.minter.capacity is None

    @property
    def worn(self) -> bool:
        """Whether the next trial had better be performed in another scene."""
        return bool(self.broken) or len(self.performed) >= TRIALS or len(self.stage.records) >= RECORDS

    # -- trials

    async def perform(self, trial: Trial) -> tuple[Request, Answer, int] | None:
        """Performs a trial and judges what it brought. Gives what was sent, what came, and its place in the
        records; None where it cannot be performed here.
        """
        self.performed.append(trial)
        user = await self._actor(trial)
        if user is None:
            return None
        words = await self._words(trial, user)
        if words is None:
            return None
        request = self._request(trial, words)
        faulty = credentials.apply(self, user, request, trial.credential) if trial.credential else None
        if trial.credential and faulty is None:
            return None
        if faulty is not None:
            request, sender = faulty.request, faulty.sender
            expectation: expecting.Wanted | None = expecting.Wanted(
                faulty.statuses, faulty.requirement, faulty.name
            )
        else:
            sender = user
            request = user.sign(request)
            # A guard may stand before the routes.
            if trial.method and user.csrf is not None and user.delivery != "none":
                request = request.with_header(self.spec.policy["names"]["csrf_header"], user.csrf)
            expectation = None
        for name, value in trial.headers:
            request = request.with_header(name, value)
        sent = Sent(trial, sender, request, faulty is None, self._room_of(request, trial, words))
        if faulty is None:
            expectation = expecting.wanted(self, sent)
        before = await aftermath.before(self, sent) if trial.look else None
        answer = await self._sent_and_judged(sent, expectation)
        place = len(self.stage.records) - 1
        if before is not None:
            await aftermath.after(self, sent, before, answer, faulty.effect if faulty else None)
        return request, answer, place

    def complain(self, fault: Fault, where: str = "status", place: int | None = None) -> None:
        requirement, wanted, got = fault
        self.stage.complain(Complaint(requirement, where, wanted, got), place)

    def claims(self, profile: str) -> bool:
        return profile in self.target.profiles

    # -- people and things

    async def room(self, name: str = ROOM) -> Room | None:
        """The live room of that name, made at the first call, with the participant in it."""
        known = self.rooms.get(self.named.get(name, ""))
        if known is not None and known.members:
            return known
        if name == PARTY and not self.claims("party"):
            return None
        alice, bob = await self.stage.person(NAMES[CREATOR]), await self.stage.person(NAMES[PARTICIPANT])
        operation = CREATES[name == PARTY]
        if (self.counts and self.budgets.left(alice.id, operation) <= 0) or self.broken:
            self.broken = self.broken or "no room is left to make"
            return None
        request = alice.creating_party(invitedUsers=[bob.id]) if name == PARTY else alice.creating()
        made = await self._arrange(alice, request)
        if made is None or made.room_id not in self.rooms:
            self.broken = self.broken or f"{operation} made no room"
            return None
        self.named[name] = made.room_id
        room = self.rooms[made.room_id]
        if await self._arrange(bob, bob.joining(room.id)) is None:
            self.broken = "joinRoom let nobody in"
            return None
        return room

    async def inside(self, user: User, room: Room) -> bool:
        """Sees to it that the user is a participant of the room."""
        if user.id in room.members:
            return True
        if self.counts and self.budgets.left(user.id, "joinRoom") <= 0:
            return False
        return await self._arrange(user, user.joining(room.id)) is not None

    async def post(self, kind: str, user: User, room: Room, text: str) -> bool:
        request = user.offering(room.id, text) if kind == "offer" else user.answering(room.id, text)
        return await self._arrange(user, request) is not None

    async def read(self, kind: str, user: User, room: Room) -> Answer | None:
        """A read by a participant, judged by the ledger."""
        operation = "getOffer" if kind == "offer" else "getAnswer"
        return await self.ask(user, user.request(operation, params={"roomId": room.id}), room.id)

    async def ask(self, user: User, request: Request, room: str = "") -> Answer:
        """Sends what is valid, and is judged by itself and by the ledger only."""
        trial = Trial(request.operation, "a look")
        return await self._send(Sent(trial, user, request, True, room))

    async def tidy(self) -> None:
        await self.stage.tidy()

    # -- inside

    async def _arrange(self, user: User, request: Request) -> Answer | None:
        """Sends what is valid and must be accepted; None where it was not, which is complained about."""
        room = str(request.fields.get("roomId", ""))
        sent = Sent(Trial(request.operation, "a prerequisite"), user, request, True, room)
        expectation = expecting.wanted(self, sent)
        answer = await self._sent_and_judged(sent, expectation)
        return answer if answer.ok else None

    async def _actor(self, trial: Trial) -> User | None:
        role, operation = trial.actor, trial.operation
        if operation in CREATES:
            actor = MAKER
        elif operation == "joinRoom" and role == CREATOR:
            actor = NAMES[PARTICIPANT]
        else:
            actor = NAMES[role]
        user = await self.stage.person(actor)
        spent = self.counts and self.budgets.left(user.id, operation) <= 0
        if spent and not trial.same_person and actor != NAMES[CREATOR]:
            user = await self.stage.another(actor)
        ways: dict[str, Delivery] = {str(way): way for way in self.target.deliveries}
        ways["none"] = "none"
        return replace(user, delivery=ways[trial.delivery]) if trial.delivery in ways else user

    async def _words(self, trial: Trial, user: User) -> Mapping[str, str] | None:
        used = trial.words_in_use()
        words = {ME: user.id}
        if ANOTHER in used:
            other = NAMES[CREATOR] if user.actor != NAMES[CREATOR] else NAMES[PARTICIPANT]
            words[ANOTHER] = (await self.stage.person(other)).id
        if GONE in used:
            words[GONE] = f"{self.spec.policy['names']['room_id_prefix']}{mark()}"
        for name in (ROOM, OTHER_ROOM, PARTY):
            if name not in used:
                continue
            room = await self.room(name)
            if room is None:
                return None
            words[name] = room.id
            takes_part = trial.actor != OUTSIDER and trial.operation not in ("joinRoom", *CREATES)
            if takes_part and not await self.inside(user, room):
                return None
        return words

    def _request(self, trial: Trial, words: Mapping[str, str]) -> Request:
        operation = self.spec.operation(trial.operation)
        path = filled(trial.path, words) or self.arena.world.operations.path(
            trial.operation, filled(dict(trial.params), words)
        )
        if trial.query:
            path += "?" + urlencode(filled(dict(trial.query), words), errors="surrogatepass")
        request = Request(trial.operation, trial.method or operation.method, path)
        raw = trial.raw_bytes
        if raw is not None:
            for word, text in words.items():
                raw = raw.replace(word.encode(), text.encode())
            return request.with_body(raw, JSON_TYPE)
        if trial.body is not None:
            return request.with_body(encode(filled(trial.body, words)))
        return request

    def _room_of(self, request: Request, trial: Trial, words: Mapping[str, str]) -> str:
        named = request.fields.get("roomId") if trial.params.get("roomId") is None else trial.params["roomId"]
        return str(filled(named, words)) if isinstance(named, str) else ""

    async def _sent_and_judged(self, sent: Sent, expectation: expecting.Wanted | None) -> Answer:
        complaints = self.stage.complaints
        before = len(complaints)
        self._ledger_spoke = False
        answer = await self._send(sent)
        if expectation is None or answer.status is None or answer.status >= 500 or answer.status == 429:
            return answer  # judged by the oracle, or by the ledger
        found = None if self._ledger_spoke else expecting.compare(self, sent, expectation, answer)
        if found is not None and self.arena.oracle.asks(found):
            if answer.ok:
                # What was wrongly accepted comes back in an answer that is not valid: one fault, not two.
                complaints[before:] = [one for one in complaints[before:] if one[0].where != "body"]
            self.stage.complain(found)
        return answer

    async def _send(self, sent: Sent) -> Answer:
        answer = await sent.user.send(sent.request)
        for name in ECHOED:
            text = answer.at(name)
            if isinstance(text, str) and len(text) > SENT_BACK_CHARS:
                self.too_long = f"{sent.request.operation} gave {name} of {len(text)} characters"
                self.broken = self.broken or self.too_long
        if not sent.signed:
            if answer.ok:
                self.boxes.unsure(sent.room)
            self._spend(sent, answer)
        else:
            writes = self.spec.operation(sent.request.operation).writes
            if answer.ok and writes and sent.user.delivery == "cookie":
                self.memory.cookie_writes = True
            for fault in self._account(sent, answer):
                self._ledger_spoke = True
                self.complain(fault)
        return answer

    def _spend(self, sent: Sent, answer: Answer) -> None:
        """A refusal of somebody who is signed in, for want of a CSRF word or an origin, may count."""
        person = self.stage.people.get(sent.user.actor)
        known = person is not None and person.token == sent.user.token and sent.user.delivery != "none"
        if known and sent.request.method == self.spec.operation(sent.request.operation).method:
            status, now = answer.status, time.monotonic()
            self.budgets.answered(sent.user.id, sent.request.operation, sent.room, status, now)

    def _account(self, sent: Sent, answer: Answer) -> list[Fault]:
        """Notes what the answer means for the scene; what is wrong with it by what went before."""
        request, user, room_id = sent.request, sent.user, sent.room
        operation, fields, now = request.operation, request.fields, time.monotonic()
        faults: list[Fault] = []
        if request.method != self.spec.operation(operation).method:
            return faults
        spent = self.budgets.answered(user.id, operation, room_id, answer.status, now)
        if spent is not None and self.counts and self.claims("ratelimit"):
            faults.append(spent)
        if operation in CREATES and answer.ok and 0 < len(answer.room_id) <= SENT_BACK_CHARS:
            invited = set(_texts(fields.get("invitedUsers")))
            made = Room(answer.room_id, user.id, {user.id: user}, bool(answer.room.get("anonymous")))
            made.party, made.invited = operation == CREATES[1], invited
            self.rooms[made.id] = made
        room = self.rooms.get(room_id)
        if operation in READS and answer.ok and (room is None or user.id not in room.members):
            fault = self.boxes.strange(room_id, READS[operation], answer.at(READS[operation]))
            faults += [fault] if fault is not None else []
        if room is None:
            return faults
        if answer.status is None or answer.status >= 500:
            self.boxes.unsure(room.id)
        elif operation == "joinRoom" and answer.ok:
            room.members[user.id] = user
        elif operation == "leaveRoom" and answer.ok:
            room.members.pop(user.id, None)
        elif operation == "inviteToPartyRoom" and answer.ok:
            room.invited |= set(_texts(fields.get("userIds")))
        elif operation in POSTS and answer.ok:
            text = fields.get(POSTS[operation])
            box = self.boxes.of(room.id, POSTS[operation])
            if isinstance(text, str) and sent.trial.raw is None:
                box.posted(text, user.id, now)
            else:
                box.sure = False
        elif operation == "sendCandidate" and answer.ok:
            self.boxes.candidate(room.id, fields.get("candidate"), user.id)
        elif operation == "getCandidates" and answer.ok and user.id in room.members:
            if "?" not in request.path and not room.anonymous:
                fault = self.boxes.candidates(room.id, user.id, answer.at("candidates"))
                faults += [fault] if fault is not None else []
        elif operation in READS and user.id in room.members:
            kind = READS[operation]
            sender = None if room.anonymous else answer.at("fromUserId")
            fault = self.boxes.read(room.id, kind, user.id, answer.status, answer.at(kind), sender, now)
            faults += [fault] if fault is not None else []
        elif operation in READS and answer.ok:
            self.boxes.of(room.id, READS[operation]).sure = False
        return faults


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
