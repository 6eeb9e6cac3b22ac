"""When the users of a load act: on a grid of their own, or all in the same instant."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from report_kit import SPEC

from load.people import People, chance
from load.profiles import find
from load.roles.actor import Grid, World
from load.sending import Outlet
from protocol import target as targets

TARGET = targets.parse('base_url = "http://127.0.0.1:1"\n[tokens]\nsecret = "x"\n', "a target", SPEC, {})


def world(*, in_step: bool) -> World:
    pace = replace(find("smoke", SPEC).pace, in_step=in_step)
    outlet = Outlet(SPEC, TARGET, "test", lambda **_: None)
    return World.of(outlet, People(SPEC, TARGET, "load_x"), pace, 7)


def test_a_grid_goes_on_from_what_was_planned_not_from_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    grid = Grid(5.0, 100.0, 100.0)
    points = []
    for late in (0.0, 1.0, 4.9, 0.0):
        points.append(grid.next)
        now = grid.next + late
        grid.done()
    assert points == [105.0, 110.0, 115.0, 120.0]


def test_what_is_over_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = Grid(5.0, 100.0, 100.0)
    monkeypatch.setattr(time, "perf_counter", lambda: 123.0)
    grid.done()
    assert grid.next == 125.0


@pytest.mark.parametrize("every", [0.1, 1 / 3, 5.0])
def test_a_grid_never_stands_still(every: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "perf_counter", lambda: 0.0)
    grid = Grid(every, 1e6, 1e6)
    for number in range(1, 1000):
        assert grid.next == pytest.approx(1e6 + number * every, abs=every / 100)
        grid.done()


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
