"""Does memory grow, and how fast? A straight line through a run's memory, with its band of confidence.

Pure: points in, figures out; reports/objectives.py judges them. What the method is made for: a garbage
collector that saws, a process that warms up, and a machine that shudders are no leaks; a slow leak is one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

# What fills up at first (caches, pools, the allocator's arenas) is left out beyond the profile's own warm-up.
SETTLING = 1 / 3
# Averages of so many windows stand for the many points, of which neighbours say the same thing.
WINDOWS = 18
AT_END = 4  # of the windows are "near the end"
T_975 = 2.120  # Student's t, two-sided 95 %, WINDOWS - 2 degrees of freedom
MOST_ALIKE = 0.9  # beyond it the band is so wide that nothing is said anyway
LEAST_POINTS = 4 * WINDOWS
HOUR = 3600.0


@dataclass(frozen=True)
class Growth:
    """Shares of the memory at the beginning, an hour. Between `low` and `high` it is, with 95 % confidence.

    `later` is the growth over the last half of what is looked at: a leak goes on, a warm-up comes to its end.
    `highest` is whether it was never higher than near the end: a leak is, what saws has been there before.
    """

    first_mb: float
    last_mb: float
    growth_per_hour: float
    low: float
    high: float
    later: float
    highest: bool


def growth(points: Sequence[tuple[float, float]]) -> Growth | None:
    """Of (second, MB), in order. None where there are too few to say anything."""
    settled = points[int(len(points) * SETTLING) :]
    if len(settled) < LEAST_POINTS or settled[-1][0] <= settled[0][0] or min(mb for _, mb in settled) <= 0:
        return None
    windows = _windows(settled)
    slope, level, residuals = _line(windows)
    start = level + slope * settled[0][0]
    if start <= 0:
        return None
    spread = sum((at - fmean(a for a, _ in windows)) ** 2 for at, _ in windows)
    error = math.sqrt(sum(r * r for r in residuals) / (len(windows) - 2) / spread) * _inflation(residuals)
    later, _, _ = _line(windows[len(windows) // 2 :])
    shares = [each * HOUR / start for each in (slope, slope - T_975 * error, slope + T_975 * error, later)]
    first, last = fmean(mb for _, mb in points[:10]), fmean(mb for _, mb in points[-10:])
    rate, low, high, after = (round(share, 5) for share in shares)
    whole = [mb for _, mb in _windows(points)]
    highest = max(whole[-AT_END:]) > max(whole[:-AT_END])
    return Growth(round(first, 2), round(last, 2), rate, low, high, after, highest)


def _windows(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    size = len(points) / WINDOWS
    parts = (points[round(n * size) : round((n + 1) * size)] for n in range(WINDOWS))
    return [(fmean(at for at, _ in part), fmean(mb for _, mb in part)) for part in parts]


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float, list[float]]:
    """Slope, level at zero, and what is left over: least squares."""
    middle, mean = fmean(at for at, _ in points), fmean(mb for _, mb in points)
    spread = sum((at - middle) ** 2 for at, _ in points)
    slope = sum((at - middle) * (mb - mean) for at, mb in points) / spread
    level = mean - slope * middle
    return slope, level, [mb - level - slope * at for at, mb in points]


def _inflation(residuals: Sequence[float]) -> float:
    """By how much the error is greater where a window resembles the one before, as in a slow saw-tooth."""
    total = sum(r * r for r in residuals)
    if not total:
        return 1.0
    found = sum(a * b for a, b in pairwise(residuals)) / total
    # So few residuals of a straight line resemble one another less than what they come from (Kendall).
    found += (1 + 3 * found) / len(residuals)
    alike = min(MOST_ALIKE, max(0.0, found))
    return math.sqrt((1 + alike) / (1 - alike))
