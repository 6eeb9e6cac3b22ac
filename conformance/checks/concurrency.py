"""concurrency: exactly-once mailbox, no lost updates, under parallel clients (CONC-1 to CONC-6).

A race shows by chance, so each is tried in several rounds; every round has people and rooms of its own.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

from conformance.cast import Cast
from conformance.checks.rooms import listed
from conformance.expectations import expect, given, given_that
from conformance.registry import check
from conformance.things import sdp, words
from conformance.waits import a_moment
from protocol.client import User
from protocol.spec import Spec

ROUNDS = 6
READERS = 12
CROWD = 12


async def crowd(cast: Cast, room: str, count: int) -> list[User]:
    """So many new people who have joined the room one after the other."""
    people = await cast.people(count)
    for person in people:
        given(await person.join(room))
    return people


@check("CONC-1", tags=["race"])
async def of_simultaneous_reads_of_an_offer_one_gets_it(cast: Cast, alice: User, room: str) -> None:
    readers = await crowd(cast, room, READERS)
    for _ in range(ROUNDS):
        offer = sdp()
        given(await alice.send_offer(room, offer))
        answers = await asyncio.gather(*(reader.get_offer(room) for reader in readers))
        statuses = sorted(answer.status or 0 for answer in answers)
        expect(statuses, f"the statuses of {READERS} reads at once").equals([200] + [404] * (READERS - 1))
        got = [words(answer.at("offer")) for answer in answers if answer.status == 200]
        expect(got, "the offer that was read").equals([words(offer)])


@check("CONC-1", tags=["race"])
async def of_simultaneous_reads_of_an_answer_one_gets_it(cast: Cast, alice: User, room: str) -> None:
    readers = await crowd(cast, room, READERS)
    for _ in range(ROUNDS):
        text = sdp()
        given(await alice.send_answer(room, text))
        answers = await asyncio.gather(*(reader.get_answer(room) for reader in readers))
        statuses = sorted(answer.status or 0 for answer in answers)
        expect(statuses, f"the statuses of {READERS} reads at once").equals([200] + [404] * (READERS - 1))


@check("CONC-2", tags=["race"])
async def joins_at_once_are_all_counted(cast: Cast, alice: User) -> None:
    people = await cast.people(CROWD)
    for _ in range(3):
        room = await cast.new_room(alice)
        for answer in await asyncio.gather(*(person.join(room) for person in people)):
            given(answer)
        count = (await listed(alice, room) or {}).get("participantCount")
        expect(count, f"participantCount after {CROWD} joins at once").equals(CROWD + 1)


@check("CONC-3", tags=["race"])
async def rooms_made_at_once_are_all_listed(cast: Cast, spec: Spec) -> None:
    budget = spec.operation("createRoom").budget
    share = budget.limit if budget else CROWD
    people = await cast.people(math.ceil(3 * CROWD / share))
    made = await asyncio.gather(*(person.create_room() for person in people for _ in range(share)))
    wanted = [given(answer).room_id for answer in made]
    given_that(wanted, "the ids of rooms made at once").all_different()
    shown = [room.get("roomId") for room in given(await people[0].list_rooms()).rooms]
    missing = [room_id for room_id in wanted if room_id not in shown]
    expect(missing, "rooms made at once and not listed").is_empty()


@check("CONC-4", tags=["race"])
async def joins_and_leaves_at_once_end_at_the_exact_count(cast: Cast, alice: User) -> None:
    for _ in range(3):
        room = await cast.new_room(alice)
        stay, go, come = [await cast.people(CROWD // 3, actor) for actor in ("stay", "go", "come")]
        for person in [*stay, *go]:
            given(await person.join(room))
        given_that(
            (await listed(alice, room) or {}).get("participantCount"), "participantCount before"
        ).equals(1 + len(stay) + len(go))
        answers = await asyncio.gather(
            *(person.leave(room) for person in go), *(person.join(room) for person in come)
        )
        for answer in answers:
            given(answer)
        count = (await listed(alice, room) or {}).get("participantCount")
        expect(count, "participantCount after joins and leaves at once").equals(1 + len(stay) + len(come))


@check("CONC-6", tags=["race"])
async def a_heartbeat_racing_with_a_join_loses_neither(cast: Cast, alice: User, bob: User, room: str) -> None:
    for number, person in enumerate(await cast.people(ROUNDS), 1):
        before: Any = (await listed(alice, room) or {}).get("lastActivity")
        given_that(before, "lastActivity in the listing").at_least(0)
        await a_moment()
        for answer in await asyncio.gather(bob.heartbeat(room), person.join(room)):
            given(answer)
        now = await listed(alice, room) or {}
        expect(now.get("participantCount"), "participantCount after a join and a heartbeat").equals(
            2 + number
        )
        expect(now.get("lastActivity"), "lastActivity after them").at_least(before + 1)
