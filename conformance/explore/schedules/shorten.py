"""Makes a schedule that fails shorter: as few people, steps, faults and overlaps as show the same symptom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from itertools import permutations

from conformance.explore.schedules.schedule import Schedule, one_by_one, steps_of

Fails = Callable[[Schedule], Awaitable[bool]]
MOST = 60  # schedules that are tried to shorten one


async def shortened(schedule: Schedule, fails: Fails, *, over: Callable[[], bool]) -> tuple[Schedule, bool]:
    """The shortest that was found, and whether nothing can be left out of it."""
    outside = strangers(schedule)
    left = MOST
    again = True
    while again:
        again = False
        for shorter in _shorter(schedule):
            if not strangers(shorter) <= outside:
                continue  # what strangers may do is another matter
            if over() or left <= 0:
                return schedule, False
            left -= 1
            if await fails(shorter):
                schedule, again = shorter, True
                break
    return schedule, True


def strangers(schedule: Schedule) -> set[tuple[str, str]]:
    """Who does something in which room without being in it, at some time."""
    inside: set[tuple[str, str]] = set()
    found: set[tuple[str, str]] = set()
    for step in steps_of(schedule):
        place = (step.who, step.room)
        if step.verb in ("create", "join"):
            inside.add(place)
        elif step.verb != "list" and place not in inside:
            found.add(place)
        if step.verb == "leave":
            inside.discard(place)
    return found


def _shorter(schedule: Schedule) -> Iterator[Schedule]:
    """What is a little less than the schedule, the largest savings first."""
    people = dict.fromkeys(step.who for step in steps_of(schedule))
    if len(people) > 1:
        for who in people:
            yield _only(schedule, {step for step in steps_of(schedule) if step.who != who})
    rooms = dict.fromkeys(step.room for step in steps_of(schedule))
    if len(rooms) > 1:
        for room in rooms:
            yield _only(schedule, {step for step in steps_of(schedule) if step.room != room})
    for place in reversed(range(len(schedule))):
        yield schedule[:place] + schedule[place + 1 :]
    for place, group in enumerate(schedule):
        if len(group) > 1:
            for order in permutations(group):
                yield schedule[:place] + one_by_one(order) + schedule[place + 1 :]
            if len(group) > 2:
                for step in group:
                    fewer = tuple(one for one in group if one is not step)
                    yield (*schedule[:place], fewer, *schedule[place + 1 :])
        for at, step in enumerate(group):
            if step.fault:
                plain = (*group[:at], step.without_fault(), *group[at + 1 :])
                yield (*schedule[:place], plain, *schedule[place + 1 :])


def _only(schedule: Schedule, kept: set[object]) -> Schedule:
    groups = (tuple(step for step in group if step in kept) for group in schedule)
    return tuple(group for group in groups if group)
