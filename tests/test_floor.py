"""The floor: alone means alone, nobody waits for ever, and who gives up takes no place along."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.floor import Floor

STUCK_S = 60.0  # nothing here takes real time, so whoever is not done by then is stuck


@dataclass
class Crowd:
    """Who acts now, and whether the rules held so far."""

    places: int
    acting: dict[int, bool] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def enters(self, who: int, alone: bool, *, woke: bool) -> None:
        """One who woke does not wait for a place; one who begins does."""
        self.acting[who] = alone
        if any(self.acting.values()) and len(self.acting) > 1:
            self.broken.append(f"{who} is not alone: {self.acting}")
        if len(self.acting) > self.places and not woke:
            self.broken.append(f"too many: {self.acting}")

    def goes(self, who: int) -> None:
        self.acting.pop(who, None)


@dataclass(frozen=True)
class Script:
    """What one does: acts for so many ticks, sleeps off the floor, acts again... and is cancelled, or not."""

    alone: bool
    acts: tuple[int, ...]
    cancelled_at: int | None = None


async def ticks(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def follow(script: Script, who: int, floor: Floor, crowd: Crowd) -> None:
    async with floor.place(alone=script.alone) as place:
        try:
            for number, act in enumerate(script.acts):
                if number:
                    crowd.goes(who)
                    await place.sleep(0)
                crowd.enters(who, script.alone, woke=number > 0)
                await ticks(act)
        finally:
            crowd.goes(who)


async def cancel_at(task: asyncio.Task[None], tick: int) -> None:
    await ticks(tick)
    task.cancel()


async def play(places: int, scripts: list[Script]) -> Crowd:
    floor, crowd = Floor(places), Crowd(places)
    tasks = [asyncio.create_task(follow(script, who, floor, crowd)) for who, script in enumerate(scripts)]
    cancelling = [
        cancel_at(task, script.cancelled_at)
        for task, script in zip(tasks, scripts, strict=True)
        if script.cancelled_at is not None
    ]
    async with asyncio.timeout(STUCK_S):
        await asyncio.gather(*tasks, *cancelling, return_exceptions=True)
        # Every place has been given back: so many may act again, and one alone.
        await asyncio.gather(*(follow(Script(False, (3,)), 100 + n, floor, crowd) for n in range(places)))
        await follow(Script(True, (1,)), 99, floor, crowd)
    for task in tasks:
        error = None if task.cancelled() else task.exception()
        assert error is None, error
    return crowd


scripts = st.lists(
    st.builds(
        Script,
        alone=st.booleans(),
        acts=st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple),
        cancelled_at=st.none() | st.integers(0, 25),
    ),
    max_size=12,
)


@given(places=st.integers(1, 4), scripts=scripts)
@settings(max_examples=300, deadline=None)
def test_alone_is_alone_and_nobody_is_stuck(places: int, scripts: list[Script]) -> None:
    assert asyncio.run(play(places, scripts)).broken == []


def events(scenario: Callable[[Floor, list[str]], Coroutine[Any, Any, None]], places: int = 2) -> list[str]:
    found: list[str] = []

    async def run() -> None:
        async with asyncio.timeout(STUCK_S):
            await scenario(Floor(places), found)

    asyncio.run(run())
    return found


async def act(floor: Floor, found: list[str], name: str, *, alone: bool = False, sleeps: float = -1) -> None:
    async with floor.place(alone=alone) as place:
        found.append(f"{name} in")
        await ticks(3)
        if sleeps >= 0:
            await place.sleep(sleeps)
            found.append(f"{name} back")
        found.append(f"{name} out")


def test_who_wakes_goes_before_who_has_not_begun() -> None:
    async def scenario(floor: Floor, found: list[str]) -> None:
        sleeper = asyncio.create_task(act(floor, found, "sleeper", sleeps=0))
        await ticks(1)
        await asyncio.gather(sleeper, *(act(floor, found, f"newcomer {n}") for n in range(5)))

    found = events(scenario, places=1)
    assert found.index("sleeper back") < found.index("newcomer 2 in")


def test_company_goes_before_one_who_wants_to_be_alone() -> None:
    async def scenario(floor: Floor, found: list[str]) -> None:
        await asyncio.gather(
            act(floor, found, "hermit", alone=True), *(act(floor, found, name) for name in ("a", "b", "c"))
        )

    found = events(scenario, places=1)
    assert found[:2] == ["hermit in", "hermit out"], "who comes first to an empty floor has it"
    assert found[2:] == ["a in", "a out", "b in", "b out", "c in", "c out"]


def test_one_who_wants_to_be_alone_waits_for_all_who_wait() -> None:
    async def scenario(floor: Floor, found: list[str]) -> None:
        await asyncio.gather(
            act(floor, found, "a"),
            act(floor, found, "hermit", alone=True),
            act(floor, found, "b"),
            act(floor, found, "c"),
        )

    assert events(scenario, places=1)[-2:] == ["hermit in", "hermit out"]


def test_one_alone_who_sleeps_lets_company_in() -> None:
    async def scenario(floor: Floor, found: list[str]) -> None:
        hermit = asyncio.create_task(act(floor, found, "hermit", alone=True, sleeps=0.05))
        await ticks(2)
        await asyncio.gather(hermit, act(floor, found, "a"))

    assert events(scenario) == ["hermit in", "a in", "a out", "hermit back", "hermit out"]


def test_sleeps_overlap_on_a_floor_for_one() -> None:
    async def scenario(floor: Floor, found: list[str]) -> None:
        await asyncio.gather(*(act(floor, found, name, sleeps=0.05) for name in "abc"))

    found = events(scenario, places=1)
    assert found[:3] == ["a in", "b in", "c in"], "all timers start before the first has run out"


def test_one_who_is_cancelled_asleep_gives_back_nothing_twice() -> None:
    async def scenario(floor: Floor, found: list[str]) -> None:
        sleeper = asyncio.create_task(act(floor, found, "sleeper", sleeps=3600))
        await ticks(8)
        sleeper.cancel()
        await asyncio.gather(sleeper, return_exceptions=True)
        await asyncio.gather(act(floor, found, "a"), act(floor, found, "b"))

    assert events(scenario, places=1) == ["sleeper in", "a in", "a out", "b in", "b out"]
