"""When the users of a load act: on a grid of their own, or all in the same instant."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import gevent
import pytest
from report_kit import SPEC

from load.people import People, chance
from load.profiles import find
from load.roles.actor import Actor, Grid, World
from load.roles.broadcaster import Broadcaster
from load.roles.lurker import Lurker
from load.roles.party import Party
from load.roles.viewer import Viewer
from load.sample import Sample
from load.sending import Client, Outlet, Reply
from protocol import target as targets

TEXT = 'base_url = "http://127.0.0.1:1"\n[tokens]\nsecret = "long enough a secret for the tests, it is"\n'
TARGET = targets.parse(TEXT, "a target", SPEC, {})


def world(*, in_step: bool) -> World:
    pace = replace(find("smoke", SPEC).pace, in_step=in_step)
    outlet = Outlet(SPEC, TARGET, "test", lambda **_: None)
    return World.of(outlet, People(SPEC, TARGET, "load_x"), pace, 7)


def test_a_grid_goes_on_from_what_was_planned_not_from_what_was_done() -> None:
    grid = Grid(5.0, 100.0, 100.0)
    points = []
    for late in (0.0, 1.0, 4.9, 0.0):
        points.append(grid.next)
        grid.done(grid.next + late)
    assert points == [105.0, 110.0, 115.0, 120.0]


def test_what_is_over_is_left_out() -> None:
    grid = Grid(5.0, 100.0, 100.0)
    grid.done(123.0)
    assert grid.next == 125.0


@pytest.mark.parametrize("every", [0.1, 1 / 3, 5.0])
def test_a_grid_never_stands_still(every: float) -> None:
    grid = Grid(every, 1e6, 1e6)
    for number in range(1, 1000):
        assert grid.next == pytest.approx(1e6 + number * every, abs=every / 100)
        grid.done(0.0)


def test_in_step_all_act_at_whole_multiples_of_the_wall_clock() -> None:
    here = world(in_step=True)
    now = time.perf_counter()
    grids = [here.grid(5.0, now + offset, chance(offset)) for offset in (0.0, 0.001)]
    wall = grids[0].next - here.zero
    assert abs(wall - round(wall / 5) * 5) < 1e-3
    assert abs(grids[1].next - grids[0].next) in (0.0, 5.0)


def test_else_each_has_a_phase_of_its_own_by_the_seed() -> None:
    here = world(in_step=False)
    first = [here.grid(5.0, 0.0, chance(here.seed, "viewer", number)).next for number in range(20)]
    again = [here.grid(5.0, 0.0, chance(here.seed, "viewer", number)).next for number in range(20)]
    assert first == again
    assert len(set(first)) == 20 and all(0 < one <= 5 for one in first)


# -- what is planned, and what is late: on a clock that goes on only while somebody waits


class Stage:
    """A target that answers each request after `took(operation, now)` seconds, and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, took: Callable[[str, float], float]) -> None:
        self.now = 0.0
        self.took = took
        self.samples: list[Sample] = []
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(gevent, "sleep", self.sleep)
        stage = self

        def send(_: Client, request: Any, intended: float, *, every: float = 0.0, **how: Any) -> Reply:
            return stage.answer(request.operation, intended, every)

        monkeypatch.setattr(Client, "send", send)

    def sleep(self, seconds: float = 0.0) -> None:
        self.now += max(seconds, 0.0)

    def answer(self, operation: str, intended: float, every: float) -> Reply:
        reply = Reply(operation, self.now)
        self.now += self.took(operation, self.now)
        reply.ended, reply.status = self.now, 200
        room = {"roomId": f"room_{len(self.samples)}", "participantCount": 1}
        reply.body = {"room": room, "rooms": [], "candidates": [], "next": "1"}
        kind = "write" if SPEC.operations[operation].writes else "read"
        self.samples.append(Sample(operation, kind, intended, reply.started, reply.ended, every, 200))
        return reply

    def world(self, **pace: Any) -> World:
        here = world(in_step=False)
        return replace(here, pace=replace(here.pace, **pace))

    def late(self, operation: str) -> list[float]:
        found = [one.started - one.intended for one in self.samples if one.operation == operation]
        assert found, operation
        return found


def quickly(_: str, __: float) -> float:
    return 0.002


def frozen(start: float, end: float) -> Callable[[str, float], float]:
    """Answers in 2 ms, and none between these."""
    return lambda _, now: end - now if start <= now < end else 0.002


def held(sample: Sample) -> list[float]:
    """The points of its grid for which a sample stands: its own, and those that went by until it ended."""
    points = [sample.intended]
    while points[-1] + sample.every < sample.ended:
        points.append(points[-1] + sample.every)
    return points


@pytest.mark.parametrize("stall", [0.7, 2.2, 7.3])
def test_each_point_of_each_grid_is_counted_from_when_it_was_planned(
    stall: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(monkeypatch, frozen(10.0, 10.0 + stall))
    here = stage.world(offers=False, room=(25.0, 25.0), heartbeat=1.0, look=1.0)
    Broadcaster(here, 1).turn()
    grids = {"heartbeat": {"heartbeat"}, "look": {"listRooms", "getCandidates"}}
    for operations in grids.values():
        mine = [one for one in stage.samples if one.operation in operations]
        points = [point for one in mine for point in held(one)]
        assert all(after - before == pytest.approx(1.0) for before, after in pairwise(points))
        slowest = max(one.ended - one.intended for one in mine)
        assert slowest > stall - 1.01  # the last point before it, or the first one in it, waited for its end
    sent_into_it = [one for one in stage.samples if one.started < 10.0 + stall <= one.ended]
    assert len(sent_into_it) == 1 or stall < 1


def test_no_point_is_left_out_for_another_request_that_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, lambda operation, _: 3.3 if operation == "getIceServers" else 0.002)
    actor = Actor(stage.world(), 1, "viewer")
    actor.be_somebody((), 1.0)
    grid = Grid(1.0, 0.0, 0.0)
    for _ in range(3):
        actor.until(grid.next)
        actor.look(None, grid)
        actor.servers()
    looks = [one for one in stage.samples if one.operation == "listRooms"]
    assert [one.intended for one in looks] == [1.0, 2.0, 5.0]
    assert [point for one in looks for point in held(one)][:4] == [1.0, 2.0, 3.0, 4.0]


def waiting(stage: Stage, here: World, monkeypatch: pytest.MonkeyPatch, *turns: int) -> None:
    """Of those who ask for a person, these wait 40 s until there is one."""
    asked = 0
    resume = here.people.resume

    def slowly(needs: Any) -> Any:
        nonlocal asked
        asked += 1
        stage.sleep(40.0 if asked in turns else 0.0)
        return resume(needs)

    monkeypatch.setattr(here.people, "resume", slowly)


def test_who_waits_for_a_person_makes_nothing_late(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, quickly)
    here = stage.world(offers=False, room=(3.0, 3.0))
    waiting(stage, here, monkeypatch, 1, 2, 3, 4)
    Broadcaster(here, 1).turn()
    lurker = Lurker(here, 2)
    for _ in range(3):
        lurker.turn()
        lurker.actor.become_another()
    Viewer(here, 3).turn()
    assert max(stage.late("createRoom") + stage.late("listRooms") + stage.late("health")) < 0.01


@pytest.mark.parametrize("who", [1, 2])
def test_a_host_who_waits_for_its_guest_is_not_late(who: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, quickly)
    here = stage.world()
    waiting(stage, here, monkeypatch, who)
    Party(here, 1).turn()
    assert len(stage.samples) >= 5
    for operation in ("createRoom", "createPartyRoom", "joinRoom", "leaveRoom"):
        assert max(stage.late(operation)) < 0.01


def test_a_viewer_who_waits_for_company_is_not_late(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, quickly)
    here = stage.world()

    def accompany(_: object) -> None:
        stage.sleep(0.5)

    monkeypatch.setattr(here.lobby, "accompany", accompany)
    Viewer(here, 1).turn()
    assert max(stage.late("listRooms")) < 0.01
