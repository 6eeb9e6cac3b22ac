"""Histograms of latencies, against HdrHistogram itself."""

from __future__ import annotations

import random

import pytest
from hdrh.histogram import HdrHistogram

from load.histograms import MOST_MISSING, MOST_US, Histogram, microseconds, missing

SHARES = (0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0)


def _values(seed: int, count: int) -> list[float]:
    draw = random.Random(seed)
    return [draw.lognormvariate(-6, 2) for _ in range(count)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("every", [0.0, 0.005])
def test_percentiles_are_those_of_hdrhistogram(seed: int, every: float) -> None:
    ours, theirs = Histogram(), HdrHistogram(1, MOST_US, 3)
    for seconds in _values(seed, 3000):
        value = microseconds(seconds)
        ours.add([value, *missing(value, microseconds(every))])
        theirs.record_value(int(seconds * 1e6))
        due = int(seconds * 1e6) - int(every * 1e6)
        while every and due >= every * 1e6:  # as its original in Java does; the port adds the remainder too
            theirs.record_value(due)
            due -= int(every * 1e6)
    assert ours.total == pytest.approx(theirs.get_total_count(), rel=0.001)
    for share, found in zip(SHARES, ours.quantiles_ms(SHARES), strict=True):
        assert found == pytest.approx(theirs.get_value_at_percentile(share * 100) / 1000, rel=0.003)


def test_a_value_is_kept_to_a_thousandth_and_small_ones_exactly() -> None:
    assert [microseconds(n / 1e6 + 1e-9) for n in (0, 1, 2047)] == [0, 1, 2047]
    for seconds in _values(9, 500):
        assert microseconds(seconds) / 1e6 == pytest.approx(seconds, rel=1 / 1024, abs=1e-6)
    assert microseconds(-1) == 0
    assert microseconds(1e9) == pytest.approx(MOST_US, rel=1 / 1024)


def test_one_stall_counts_for_those_that_were_not_sent_meanwhile() -> None:
    assert list(missing(10_000, 2_000)) == [8_000, 6_000, 4_000, 2_000]
    assert list(missing(3_999, 2_000)) == []
    assert list(missing(4_000, 2_000)) == [2_000]
    assert list(missing(10_000, 0)) == []
    assert len(list(missing(MOST_US, 1))) == MOST_MISSING


def test_a_percentile_is_a_value_that_so_many_do_not_exceed() -> None:
    found = Histogram()
    found.add([1000] * 95 + [2000] * 5)
    assert found.quantiles_ms([0.5, 0.95, 0.951, 1.0]) == [1.0, 1.0, 2.0, 2.0]
    assert found.shown() == {"p50": 1.0, "p90": 1.0, "p95": 1.0, "p99": 2.0, "max": 2.0}
    assert Histogram().shown() == {"p50": None, "p90": None, "p95": None, "p99": None, "max": None}


def test_histograms_of_several_processes_are_one() -> None:
    whole, parts = Histogram(), [Histogram(), Histogram()]
    values = [microseconds(seconds) for seconds in _values(4, 1000)]
    whole.add(values)
    for index, value in enumerate(values):
        parts[index % 2].add([value])
    sent = [Histogram.decoded(part.encoded()) for part in parts]
    sent[0].merge(sent[1])
    assert sent[0].counts == whole.counts
    assert sent[0].total == 1000


def test_buckets_count_what_is_at_most_their_bound() -> None:
    found = Histogram()
    found.add([1000, 1000, 2000, 5_000_000])
    assert found.below([0.0005, 0.001, 0.0015, 0.002, 1.0]) == [0, 2, 2, 3, 3]
    assert found.sum_s == pytest.approx(5.004, rel=0.001)
