"""concurrency: exactly-once mailbox, no lost updates, under parallel clients (CONC-1 to CONC-6).

Each records what was called and answered when, and asks whether one box, or one room, doing one thing at a
time could have answered so (linearizability). A race shows by chance: all are played in ROUNDS rounds
(conformance/histories.py says how many, and why). One violation is proof.
"""

from __future__ import annotations

import itertools
import math

from conformance.cast import Cast
from conformance.histories import KINDS, ROUNDS, Kind, Mail, Rooms, at_once, rounds, together
from conformance.registry import check
from conformance.waits import a_moment
from protocol.client import User
from protocol.spec import Spec
from suite.expectations import given, given_that

READERS = 6  # of one message
CROWD = 4  # who join at once
MADE = 3  # rooms made at once
SENT, READ = 2, 3  # how many messages are sent, and boxes read, at once, at most
PLACES = 3  # rooms whose boxes are written and read at random


def enough(spec: Spec, operation: str, times: int) -> int:
    """How many people it takes to do something so many times."""
    budget = spec.operation(operation).budget
    return math.ceil(times / budget.limit) if budget else 1


async def makers(cast: Cast, count: int) -> list[User]:
    """A maker for each of so many rooms; a person comes as often as the budget allows."""
    people = await cast.people(enough(cast.spec, "createRoom", count), "maker")
    return list(itertools.islice(itertools.cycle(people), count))


async def crowd(room: str, people: list[User]) -> list[User]:
    """The people, once they have joined the room one after the other."""
    for person in people:
        given(await person.join(room))
    return people


@check("CONC-1", tags=["race"], safety=True)
async def of_simultaneous_reads_of_an_offer_one_gets_it(cast: Cast, alice: User, room: str) -> None:
    await one_gets_it(cast, alice, room, "offer")


@check("CONC-1", tags=["race"], safety=True)
async def of_simultaneous_reads_of_an_answer_one_gets_it(cast: Cast, alice: User, room: str) -> None:
    await one_gets_it(cast, alice, room, "answer")


async def one_gets_it(cast: Cast, alice: User, room: str, kind: Kind) -> None:
    readers = await crowd(room, await cast.people(READERS, "reader"))
    more = enough(cast.spec, "sendOffer" if kind == "offer" else "sendAnswer", ROUNDS) - 1
    senders = [alice, *await crowd(room, await cast.people(more, "sender"))]
    for number in range(ROUNDS):
        mail = Mail()
        given(await mail.send(senders[number % len(senders)], room, kind))
        await at_once(*(mail.read(reader, room, kind) for reader in readers))
        mail.is_linearizable(f"{READERS} reads at once of one {kind}")


@check("CONC-2", tags=["race"], safety=True)
async def joins_at_once_are_all_counted(cast: Cast, spec: Spec) -> None:
    making = await makers(cast, ROUNDS)
    joining = await cast.people(max(CROWD, enough(spec, "joinRoom", ROUNDS * CROWD)))
    places = itertools.cycle(joining)
    played = [Rooms() for _ in range(ROUNDS)]

    async def play(number: int) -> None:
        rooms, people = played[number], list(itertools.islice(places, CROWD))
        room = given(await rooms.create(making[number])).room_id
        await at_once(*(rooms.join(person, room) for person in people))

    await rounds(play)
    listing = await joining[0].list_rooms()
    for rooms in played:
        rooms.saw(joining[0], listing)
        rooms.is_linearizable(f"{CROWD} joins at once")


@check("CONC-3", tags=["race"], safety=True)
async def rooms_made_at_once_are_all_listed(cast: Cast) -> None:
    people = await makers(cast, ROUNDS * MADE)
    played = [Rooms() for _ in range(ROUNDS)]
    made: list[str] = []

    async def play(number: int) -> None:
        mine = people[number::ROUNDS]
        made.extend(given(room).room_id for room in await at_once(*map(played[number].create, mine)))

    await rounds(play)
    given_that(made, "the ids of rooms made at once").all_different()
    listing = await people[0].list_rooms()
    for rooms in played:
        rooms.saw(people[0], listing)
        rooms.is_linearizable(f"{MADE} rooms made at once")


@check("CONC-4", tags=["race"], safety=True)
async def joins_and_leaves_at_once_end_at_the_exact_count(cast: Cast, alice: User, room: str) -> None:
    crews = [
        await cast.people(CROWD // 2, f"crew{number}_")
        for number in range(max(2, enough(cast.spec, "joinRoom", ROUNDS + 1)))
    ]
    await crowd(room, crews[0])
    for number in range(ROUNDS):
        going, coming = crews[number % len(crews)], crews[(number + 1) % len(crews)]
        rooms = Rooms([alice, *going])
        await at_once(
            *(
                doing
                for go, come in zip(going, coming, strict=True)
                for doing in (rooms.leave(go, room), rooms.join(come, room))
            )
        )
        if not (await rooms.heartbeat(alice, room)).room:  # a heartbeat may show the room
            rooms.saw(alice, await alice.list_rooms())
        rooms.is_linearizable("joins and leaves at once")


@check("CONC-5", tags=["race"], safety=True)
async def mail_sent_and_read_at_once_is_as_if_in_turn(cast: Cast, alice: User) -> None:
    each = math.ceil(ROUNDS / PLACES)
    readers = await cast.people(READ, "reader")
    senders = await cast.people(enough(cast.spec, "sendOffer", PLACES * each * (1 + SENT)), "sender")
    places = [await cast.new_room(alice) for _ in range(PLACES)]
    for room in places:
        await crowd(room, [*senders, *readers])

    async def lane(number: int) -> None:
        room, chance, sending = places[number], cast.chance(room=number), itertools.cycle(senders)
        for _ in range(each):
            mail = Mail()
            often, seldom = chance.sample(KINDS, k=2)
            kinds = iter(chance.choices([often, seldom], [3, 1], k=SENT + READ))
            given(await mail.send(next(sending), room, often))
            doings = [mail.send(next(sending), room, next(kinds)) for _ in range(chance.randint(1, SENT))]
            doings += [
                mail.read(reader, room, next(kinds))
                for reader in chance.sample(readers, k=chance.randint(1, READ))
            ]
            await at_once(*chance.sample(doings, k=len(doings)))
            for kind in KINDS:  # what is left in the boxes; and then they are empty
                await mail.read(readers[0], room, kind)
            mail.is_linearizable("mail sent and read at once")

    await together(*map(lane, range(PLACES)))


@check("CONC-6", tags=["race"], safety=True)
async def a_heartbeat_racing_with_a_join_loses_neither(cast: Cast, spec: Spec) -> None:
    making = await makers(cast, ROUNDS)
    joining = await cast.people(enough(spec, "joinRoom", ROUNDS))
    places = [await cast.new_room(maker) for maker in making]
    before = {room.get("roomId"): room for room in given(await making[0].list_rooms()).rooms}
    await a_moment()
    played: list[Rooms] = []

    async def play(number: int) -> None:
        room, maker = places[number], making[number]
        at_first = before.get(room, {}).get("lastActivity")
        given_that(at_first, "lastActivity in the listing").at_least(0)
        rooms = Rooms([maker], at_first)
        await at_once(rooms.heartbeat(maker, room), rooms.join(joining[number % len(joining)], room))
        played.append(rooms)

    await rounds(play)
    listing = await making[0].list_rooms()
    for rooms in played:
        rooms.saw(making[0], listing)
        rooms.is_linearizable("a heartbeat and a join at once")
