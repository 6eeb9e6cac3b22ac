"""Whether messages have gone from what a page stores, told by its size alone. Pure.

A page stores other things as well, a log or pictures, whose sizes nobody knows. Each size is therefore
compared with how it changed by itself at a like visit; what these may explain is neither right nor wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Of a size: up to `right` it is right, above `wrong` it is wrong, and between them it cannot be told."""

    right: int
    wrong: float

    def tell(self, size: int) -> bool:
        """Whether it can be told."""
        return size <= self.right or size > self.wrong


def when_old(before: int, first: int, shortly: int, least: int) -> Limits:
    """Of the size when messages are too old: sizes before they were said, at the first visit after that, and
    at the next one, shortly before their end. `least` is what they take at least.
    """
    by_itself = shortly - first
    took = max(first - before - max(by_itself, 0), least)
    kept = shortly + by_itself  # the size at one more visit where nothing goes
    right = max(before + least, kept - took * 2 // 3)
    return Limits(right, kept - least if abs(by_itself) < least else math.inf)


def beyond_bound(sizes: tuple[int, int, int], counts: tuple[int, int], least: int) -> Limits:
    """Of the growth by messages that are beyond a bound: the sizes before, with so many messages, and with so
    many more, which are as many as those beyond it. `least` is what these take at least.
    """
    before, some, at_bound = sizes
    below = at_bound - some
    usual = min(below, (some - before) * counts[1] // counts[0])
    told = below >= least
    return Limits(max(usual // 2, 0), max(below * 9 // 10, below - least) if told else math.inf)
