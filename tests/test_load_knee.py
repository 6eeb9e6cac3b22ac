"""The search for the knee, with targets that are made up: where they break is known."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from load_kit import fault, measured, record
from report_kit import SPEC

from load.knee import GAP, Knee, Step, search
from parley.knee import step_of

BASE = 65


def look(breaks: Callable[[float], str], *, most: float = 300, limit_at: float = float("inf")) -> Knee:
    async def attempt(scale: float) -> Step:
        limit = "the generator was the limit" if scale >= limit_at else ""
        return Step(scale, round(scale * BASE), scale * 10, 5.0, 9.0, 0, breaks(scale), limit)

    knee = Knee()
    asyncio.run(search(attempt, most, knee))
    return knee


def breaking_at(where: float) -> Callable[[float], str]:
    return lambda scale: "MBOX-2: read twice" if scale > where else ""


@pytest.mark.parametrize("where", [1.0, 1.3, 2.0, 7.7, 100.0, 255.0])
def test_it_is_found_within_the_gap(where: float) -> None:
    knee = look(breaking_at(where))
    assert knee.held is not None and knee.broken is not None
    assert knee.held.scale <= where < knee.broken.scale
    assert knee.broken.scale / knee.held.scale <= GAP or knee.broken.users - knee.held.users <= 1
    assert knee.broken.broke == "MBOX-2: read twice"
    assert not knee.ended


def test_what_breaks_at_the_first_load_is_looked_for_below() -> None:
    knee = look(breaking_at(0.3))
    assert knee.held is not None and knee.held.scale <= 0.3


def test_what_holds_nothing_has_no_knee() -> None:
    knee = look(lambda scale: "ERR-3: 503")
    assert knee.held is None and knee.broken is not None
    assert len(knee.steps) < 20


def test_what_holds_everything_is_as_much_as_was_sent() -> None:
    knee = look(lambda scale: "", most=10)
    assert knee.held is not None and knee.held.scale == 10
    assert knee.broken is None
    assert knee.ended == "650 users are as many as are sent"


def test_the_generators_own_end_is_no_knee() -> None:
    knee = look(breaking_at(100), limit_at=16)
    assert knee.held is not None and knee.held.scale == 8
    assert knee.broken is None
    assert knee.ended == "the generator was the limit"


def test_what_breaks_once_by_chance_has_not_broken() -> None:
    met: set[float] = set()

    def unlucky(scale: float) -> str:
        if scale > 10:
            return "SLO-2: slow"
        first = scale not in met
        met.add(scale)
        return "SLO-2: a hiccup" if first else ""

    knee = look(unlucky)
    assert knee.held is not None and 10 / GAP <= knee.held.scale <= 10


def test_three_searches_agree_within_a_fifth_though_the_edge_is_blurred() -> None:
    chance = random.Random(7)

    def blurred(scale: float) -> str:
        return "SLO-2: slow" if scale * chance.uniform(0.95, 1.05) > 20 else ""

    found = [look(blurred).held for _ in range(30)]
    scales = sorted(step.scale for step in found if step is not None)
    assert len(scales) == 30
    assert scales[-1] / scales[0] < 1.2


def test_a_step_whose_generator_was_the_limit_is_broken_by_a_must_alone() -> None:
    slow = record(measured(20_000, 600, 500.0))
    assert step_of(1, 65, slow, "", SPEC).broke
    slow["generator"]["limit"] = "the generator was the limit"
    step = step_of(1, 65, slow, "", SPEC)
    assert (step.broke, step.limit) == ("", "the generator was the limit")
    seen = step_of(1, 65, slow, "MBOX-2: read twice", SPEC)
    assert (seen.broke, seen.limit) == ("MBOX-2: read twice", "")
    slow["faults"] = [fault("getOffer", "the same offer twice", "MBOX-2")]
    broken = step_of(1, 65, slow, "", SPEC)
    assert broken.broke.startswith("MBOX-2: ") and broken.limit == ""
