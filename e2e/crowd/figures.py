"""Figures of many measurements. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable

Spread = dict[str, float | None]
SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def spread(values: Iterable[float]) -> Spread:
    """p50, p90, p95, p99 and max of the values themselves (nearest rank); None each where there are none.

    They are few enough to be kept, so that no histogram rounds them.
    """
    found = sorted(values)
    if not found:
        return dict.fromkeys((*SHARES, "max"))
    ranks = {name: found[max(0, math.ceil(share * len(found)) - 1)] for name, share in SHARES.items()}
    return {name: round(value, 2) for name, value in {**ranks, "max": found[-1]}.items()}


def rate(count: int, seconds: float) -> float:
    """A second; 0 where no time went by."""
    return round(count / seconds, 2) if seconds > 0 else 0.0
