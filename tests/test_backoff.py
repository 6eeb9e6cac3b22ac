"""The schedule of reconnection and what a loss is, from the spec's numbers."""

from __future__ import annotations

import pytest

from protocol import spec
from protocol.backoff import Backoff, Schedule, loss

SPEC = spec.load()
POLICY = SPEC.asyncapi["x-policy"]


def test_the_pauses_double_up_to_the_longest() -> None:
    schedule = Schedule.of(SPEC)
    assert list(schedule.pauses()) == [1, 2, 4, 8, 16, 30, 30, 30, 30, 30]
    assert list(schedule.starts()) == [1, 3, 7, 15, 31, 61, 91, 121, 151, 181]
    assert list(Schedule(5, 3, 2).pauses()) == [3, 3]


@pytest.mark.parametrize(("elapsed", "most"), [(0, 0), (0.9, 0), (1, 1), (2.9, 1), (3, 2), (500, 10)])
def test_how_many_tries_may_have_started(elapsed: float, most: int) -> None:
    assert Schedule.of(SPEC).most_tries(elapsed) == most


def test_each_try_starts_when_it_is_due_and_the_last_is_the_last() -> None:
    backoff = Backoff(Schedule.of(SPEC), lost_at=100.0)
    started = []
    for tick in range(100 * 10, 400 * 10):
        if backoff.start(tick / 10):
            started.append(tick / 10 - 100)
    assert started == list(Schedule.of(SPEC).starts())
    assert backoff.due is None
    assert not backoff.start(1e9)


@pytest.mark.parametrize(
    ("state", "silent", "lost"),
    [
        ("connected", 0.0, None),
        ("disconnected", 0.0, None),
        ("connected", POLICY["silence"] - 0.1, None),
        ("connected", POLICY["silence"], "nothing was heard for 10.0 s"),
        ("failed", 0.0, "connectionState is failed"),
        ("closed", 0.0, "connectionState is closed"),
    ],
)
def test_a_loss_is_a_state_or_silence(state: str, silent: float, lost: str | None) -> None:
    assert loss(SPEC, state, 1000.0, 1000.0 + silent) == lost


def test_a_live_end_speaks_before_its_silence_counts() -> None:
    assert POLICY["keep_alive"] * 2 < POLICY["silence"]
