"""Memory that grows, and memory that only looks as if it did: series made up here."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from load_kit import record

from load.growth import LEAST_POINTS, SETTLING, growth
from load.watch import FULL_S, LATE_MS, generator_limit
from reports.objectives import judge
from reports.verdicts import Verdict

HOUR = 3600
LIMIT = 0.05
Shape = Callable[[float, random.Random], float]


def series(shape: Shape, seconds: int = HOUR, seed: int = 1) -> list[tuple[float, float]]:
    draw = random.Random(seed)
    return [(float(at), shape(at, draw)) for at in range(seconds)]


def verdict(points: list[tuple[float, float]]) -> Verdict:
    found = growth(points)
    assert found is not None
    memory = {
        **vars(found),
        "minutes": (points[-1][0] - points[0][0]) / 60,
        "points": len(points),
    }
    return next(
        o.verdict
        for o in judge(record(memory=memory), {"memory_growth_per_hour": LIMIT})
        if o.name != "promises"
    )


def flat(at: float, draw: random.Random) -> float:
    return 80 + draw.gauss(0, 0.5)


def saw(period: float, height: float) -> Shape:
    """A garbage collector: up evenly, down at once."""
    return lambda at, draw: 80 + height * (at % period) / period + draw.gauss(0, 0.2)


def leak(share_per_hour: float, noise: float = 0.5) -> Shape:
    return lambda at, draw: 80 * (1 + share_per_hour * at / HOUR) + draw.gauss(0, noise)


def warm(height: float, settles_s: float) -> Shape:
    return lambda at, draw: 80 + height * (1 - math.exp(-at / settles_s)) + draw.gauss(0, 0.3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (flat, {Verdict.PASS}),
        (lambda at, draw: 80.0, {Verdict.PASS}),
        (saw(20, 30), {Verdict.PASS}),
        (saw(45, 20), {Verdict.PASS}),
        (saw(400, 30), {Verdict.PASS, Verdict.NOT_RUN}),
        (saw(1500, 30), {Verdict.NOT_RUN}),
        (leak(0.10), {Verdict.FAIL}),
        (leak(0.08, noise=2.0), {Verdict.FAIL}),
        (leak(1.0), {Verdict.FAIL}),
        (leak(0.02), {Verdict.PASS}),
        (leak(-0.2), {Verdict.PASS}),
        (warm(30, 200), {Verdict.PASS}),
        (warm(30, 1200), {Verdict.NOT_RUN, Verdict.FAIL}),
    ],
)
def test_over_an_hour(shape: Shape, expected: set[Verdict], seed: int) -> None:
    assert verdict(series(shape, seed=seed)) in expected


@pytest.mark.parametrize("period", [900, 1500, 2500])
@pytest.mark.parametrize("phase", range(8))
def test_a_slow_collector_is_never_a_leak_nor_flat(period: float, phase: int) -> None:
    """Wherever in its swing the run begins. One that is slower than the run is a leak as far as it shows."""
    slow = saw(period, 30)
    shifted: Shape = lambda at, draw: slow(at + period * phase / 8, draw)  # noqa: E731
    assert verdict(series(shifted)) is Verdict.NOT_RUN


def test_neighbours_that_resemble_one_another_widen_the_band() -> None:
    """The same residuals, in a wave and in no order."""
    waves = [(float(at), 80 + 3 * math.sin(at / 160)) for at in range(HOUR)]
    blocks = [waves[n : n + 133] for n in range(0, HOUR - 133, 133)]
    random.Random(5).shuffle(blocks)
    mixed = [(float(at), mb) for at, (_, mb) in enumerate(point for block in blocks for point in block)]
    ordered, shuffled = growth(waves), growth(mixed)
    assert ordered is not None and shuffled is not None
    assert ordered.high - ordered.low > 1.3 * (shuffled.high - shuffled.low)


def test_whether_it_was_ever_higher() -> None:
    found = growth(series(leak(0.1)))
    assert found is not None and found.highest
    found = growth(series(leak(-0.1)))
    assert found is not None and not found.highest


def test_a_leak_behind_a_garbage_collector_is_found() -> None:
    both: Shape = lambda at, draw: saw(30, 15)(at, draw) + leak(0.15, 0)(at, draw) - 80  # noqa: E731
    assert verdict(series(both)) is Verdict.FAIL


def test_a_step_is_no_leak_that_goes_on() -> None:
    step: Shape = lambda at, draw: (80 if at < 2000 else 95) + draw.gauss(0, 0.3)  # noqa: E731
    assert verdict(series(step)) is not Verdict.PASS


def test_a_short_run_is_not_judged_by_its_luck() -> None:
    assert verdict(series(flat, 300)) is Verdict.NOT_RUN
    assert verdict(series(leak(0.3), 300)) is Verdict.NOT_RUN


@pytest.mark.parametrize("rate", [-0.5, 0.0, 0.05, 1.0])
def test_the_rate_is_within_its_band_and_the_band_is_honest(rate: float) -> None:
    """The true rate is outside the band about as often as it may be: 5 %."""
    inside = 0
    for seed in range(60):
        found = growth(series(leak(rate), 1200, seed))
        assert found is not None
        assert found.low < found.growth_per_hour < found.high
        # the share is of the memory where the fit begins
        start = 1 + rate * (1200 * SETTLING / HOUR)
        inside += found.low < rate / start < found.high
    assert inside >= 51


def test_first_last_and_rate_of_a_straight_line() -> None:
    found = growth([(float(at), 100 + at / 36) for at in range(HOUR)])
    assert found is not None
    assert (found.first_mb, found.last_mb) == (
        pytest.approx(100.12, abs=0.01),
        pytest.approx(199.85, abs=0.01),
    )
    assert found.growth_per_hour == pytest.approx(100 / (100 + 100 * SETTLING), rel=0.001)
    assert found.later == found.growth_per_hour == found.low == found.high


def test_too_few_points_or_no_memory_at_all_say_nothing() -> None:
    enough = math.ceil(LEAST_POINTS / (1 - SETTLING))
    assert growth(series(flat, enough)) is not None
    assert growth(series(flat, enough - 2)) is None
    assert growth([]) is None
    assert growth([(1.0, 80.0)] * 500) is None
    assert growth([(float(at), 0.0) for at in range(500)]) is None


GOOD = {"seconds": 100, "full": 0, "cpu": 0.4, "users": 100, "asked": 100, "noted": 100, "short": 0}
QUICK = {"p95": 1.0, "p99": 5.0}


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({}, ""),
        ({"full": 10}, ""),
        ({"full": 11}, "saturated in 11 of 100"),
        ({"seconds": 10, "full": FULL_S - 1}, ""),
        ({"seconds": 10, "full": FULL_S}, "saturated in 3 of 10"),
        ({"late": {"p95": LATE_MS, "p99": 900.0}}, ""),
        ({"late": {"p95": LATE_MS + 1, "p99": 900.0}}, "did not keep its pace"),
        # Its users waited for their answers: late starts are the target's doing.
        ({"late": {"p95": 400.0, "p99": 900.0}, "service": {"p95": 100.0, "p99": 200.0}}, ""),
        (
            {"late": {"p95": 400.0, "p99": 900.0}, "service": {"p95": 100.0, "p99": 199.0}},
            "began 400 ms late",
        ),
        ({"users": 95}, ""),
        ({"users": 94}, "only 94 of the 100 users"),
        ({"short": 10}, ""),
        ({"short": 11}, "in 11 of 100 measured seconds too few"),
        ({"noted": 10, "short": FULL_S - 1}, ""),
        ({"noted": 10, "short": FULL_S}, "in 3 of 10 measured seconds too few"),
        ({"late": {"p95": None, "p99": None}, "service": {"p95": None, "p99": None}}, ""),
    ],
)
def test_when_the_generator_was_the_limit(others: dict[str, object], words: str) -> None:
    found = generator_limit(**{**GOOD, "late": QUICK, "service": QUICK, **others})  # type: ignore[arg-type]
    assert words in found
    assert bool(found) is bool(words)
