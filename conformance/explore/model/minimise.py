"""Makes a failing list of actions short: leaves out what is not needed for the same to be wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from conformance.explore.model.actions import Action

Fails = Callable[[Sequence[Action]], Awaitable[bool]]
DEFAULT = Action("")


async def minimised(
    actions: Sequence[Action], fails: Fails, over: Callable[[], bool]
) -> tuple[list[Action], bool]:
    """The shortest list found before time was over, and whether nothing more can be left out of it."""
    kept = list(actions)
    tried: set[tuple[Action, ...]] = set()

    async def once(candidate: Sequence[Action]) -> bool:
        key = tuple(candidate)
        if key in tried:
            return False
        tried.add(key)
        return await fails(candidate)

    for whole in (_without_a_room, _without_a_person):
        kept = await _greedily(kept, whole, once, over)
    size = max(1, len(kept) // 2)
    while not over():
        before = kept
        kept = await _greedily(kept, partial(_without_a_run, size=size), once, over)
        if size == 1:
            kept = await _greedily(kept, _simpler, once, over)
            if kept == before:
                break
        size = max(1, size // 2)
    return kept, not over()


async def _greedily(
    actions: list[Action],
    fewer: Callable[[list[Action]], Iterator[list[Action]]],
    fails: Fails,
    over: Callable[[], bool],
) -> list[Action]:
    """Takes every step of that kind after which it still fails."""
    kept, tried = actions, 0
    while True:
        for number, candidate in enumerate(fewer(kept)):
            if number < tried:
                continue  # it did not help before
            if over():
                return kept
            if candidate and candidate != kept and await fails(candidate):
                kept, tried = candidate, number
                break
            tried = number + 1
        else:
            return kept


def _without_a_room(actions: list[Action]) -> Iterator[list[Action]]:
    for label in dict.fromkeys(action.makes for action in actions if action.makes):
        yield [one for one in actions if label not in (one.makes, one.room, one.parent)]


def _without_a_person(actions: list[Action]) -> Iterator[list[Action]]:
    for who in sorted({action.who for action in actions}):
        yield [one for one in actions if one.who != who or one.do == "advance"]


def _without_a_run(actions: list[Action], size: int) -> Iterator[list[Action]]:
    # From the end: what came late is rarely what the earlier ones need.
    for start in range(len(actions) - size, -1, -size):
        yield actions[:start] + actions[start + size :]


def _simpler(actions: list[Action]) -> Iterator[list[Action]]:
    """Each action with one of its particulars as it is when nothing is said."""
    for place, action in enumerate(actions):
        for change in _changes(action):
            yield [*actions[:place], change, *actions[place + 1 :]]


def _changes(action: Action) -> Iterator[Action]:
    if action.times > 1:
        yield replace(action, times=1)
        if action.times > 2:
            yield replace(action, times=2)
    for name in (
        "sign",
        "csrf",
        "origin",
        "named",
        "broken",
        "spoof",
        "details",
        "guests",
        "users",
        "parent",
    ):
        default = getattr(DEFAULT, name)
        if getattr(action, name) != default:
            yield replace(action, **{name: default})
