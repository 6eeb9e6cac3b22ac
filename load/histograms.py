"""Latency histograms that cost little: whole microseconds, exact up to 2048, then to a thousandth of the
value.

The same scale as HdrHistogram with three significant digits, and the same correction for coordinated
omission; kept as a count by value, since most runs meet a few hundred values and a dense array would have
20,000 places. Values are counted by the thousand (`add`): 0.3 us each, where hdrh's record_value takes 2.5.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self

EXACT_BITS = 11  # 2^11 values an octave: within 1/1024, the field's "three significant digits"
MOST_US = 3_600_000_000  # an hour; nothing that a run measures is longer
# Of one stalled request at most so many missing ones are counted: no pace of ours is so quick that it needs
# more, and a wrong one must not fill the memory.
MOST_MISSING = 10_000
SHOWN = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def microseconds(seconds: float) -> int:
    """On the scale of the histogram, from 0 to an hour."""
    return on_scale(int(seconds * 1e6))


def on_scale(value: int) -> int:
    """The value of the scale that stands for so many microseconds: the same, or up to a thousandth less."""
    if value < 2048:
        return max(value, 0)
    value = min(value, MOST_US)
    shift = value.bit_length() - EXACT_BITS
    return value >> shift << shift


def missing(value: int, every: int) -> Iterable[int]:
    """What the requests would have taken that were not sent while one took `value`, one being due each
    `every`.

    As HdrHistogram of Java and C counts them. Its port to Python adds the remainder below `every` too, which
    would flatter whoever is just too slow.
    """
    if every <= 0 or value < 2 * every:
        return ()
    least = max(every - 1, value - every * (MOST_MISSING + 1))
    return map(on_scale, range(value - every, least, -every))


class Histogram:
    """Counts by microseconds of the scale."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()

    def add(self, values: Iterable[int]) -> None:
        """Values that `microseconds` made."""
        self.counts.update(values)

    def merge(self, other: Histogram) -> None:
        self.counts.update(other.counts)

    @property
    def total(self) -> int:
        return self.counts.total()

    def quantiles_ms(self, shares: Sequence[float]) -> list[float]:
        """For each share, the least value that so many of all do not exceed; 0 where there is none."""
        ordered = sorted(self.counts.items())
        total = self.total
        found = []
        for share in shares:
            wanted, seen, value = max(1, math.ceil(share * total - 1e-9)), 0, 0
            for value, count in ordered:  # noqa: B007
                seen += count
                if seen >= wanted:
                    break
            found.append(round(value / 1000, 3))
        return found

    def shown(self) -> dict[str, float | None]:
        """The percentiles of a load record, in ms; None where nothing was counted."""
        if not self.counts:
            return dict.fromkeys([*SHOWN, "max"])
        *values, most = self.quantiles_ms([*SHOWN.values(), 1.0])
        return {**dict(zip(SHOWN, values, strict=True)), "max": most}

    def below(self, bounds_s: Sequence[float]) -> list[int]:
        """How many are at most each of these bounds, which rise: the buckets of Prometheus."""
        found, seen = [], 0
        ordered = iter(sorted(self.counts.items()))
        value, count = next(ordered, (None, 0))
        for bound in bounds_s:
            while value is not None and value <= bound * 1e6:
                seen += count
                value, count = next(ordered, (None, 0))
            found.append(seen)
        return found

    @property
    def sum_s(self) -> float:
        return sum(value * count for value, count in self.counts.items()) / 1e6

    def encoded(self) -> list[int]:
        """Value, count, value, count: as it goes from a worker to the master."""
        return [number for pair in self.counts.items() for number in pair]

    @classmethod
    def decoded(cls, numbers: Sequence[int]) -> Self:
        found = cls()
        for value, count in zip(numbers[::2], numbers[1::2], strict=True):
            found.counts[int(value)] += int(count)
        return found
