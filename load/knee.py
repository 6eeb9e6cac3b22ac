"""The knee: the highest load at which a target still keeps every promise. A search over steps of load.

It doubles the load until a promise breaks, then halves the gap between what held and what broke. A step has
broken only if it breaks twice: what chance breaks once holds the second time. Nothing is sent here.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

GAP = 1.08  # the search ends when what broke is at most so many times what held
LEAST = 1 / 16  # of the first load; what does not hold that holds nothing


@dataclass(frozen=True)
class Step:
    """One load, and how the target fared. `broke` is the first promise that was broken, "" where all held;
    `limit` says why the generator, and not the target, was the end of it. Latencies are in ms.
    """

    scale: float
    users: int
    per_second: float
    read_p95: float | None
    write_p95: float | None
    errors: int
    broke: str = ""
    limit: str = ""

    @property
    def held(self) -> bool:
        return not self.broke and not self.limit

    def record(self) -> dict[str, Any]:
        return {
            "scale": round(self.scale, 4),
            "users": self.users,
            "per_second": round(self.per_second, 1),
            "read_p95": self.read_p95,
            "write_p95": self.write_p95,
            "errors": self.errors,
            "held": self.held,
            "broke": self.broke,
            "limit": self.limit,
        }


@dataclass
class Knee:
    """What was found: all steps in their order, the highest that held, the lowest that broke.

    `ended` says why the search ended without one that broke, "" where one did.
    """

    steps: list[Step] = field(default_factory=list)
    held: Step | None = None
    broken: Step | None = None
    ended: str = ""

    def record(self) -> dict[str, Any]:
        return {
            "type": "knee",
            "steps": [step.record() for step in self.steps],
            "held": self.held.record() if self.held else None,
            "broken": self.broken.record() if self.broken else None,
            "ended": self.ended,
        }


Attempt = Callable[[float], Awaitable[Step]]


async def search(attempt: Attempt, most: float, knee: Knee) -> None:
    """Fills `knee`, so that whoever stops it has what was found. `attempt` runs one step at so many times the
    profile's users; `most` is the highest that may be asked for.
    """
    scale = 1.0
    while True:
        step = await attempt(scale)
        knee.steps.append(step)
        if step.broke and not step.limit:
            again = await attempt(scale)
            knee.steps.append(again)
            step = again if again.held or again.limit else step
        if step.limit:
            knee.ended = step.limit
            return
        if step.held:
            knee.held = step
        else:
            knee.broken = step
        following = _next(knee, most)
        if following is None:
            return
        scale = following


def _next(knee: Knee, most: float) -> float | None:
    """The load of the next step; None where the search is over."""
    held, broken = knee.held, knee.broken
    if broken is None:
        assert held is not None, "a step has held or broken"
        if held.scale >= most:
            knee.ended = f"{held.users} users are as many as are sent"
            return None
        return min(held.scale * 2, most)
    if held is None:
        return broken.scale / 2 if broken.scale > LEAST else None
    if broken.scale / held.scale <= GAP or broken.users - held.users <= 1:
        return None
    return math.sqrt(held.scale * broken.scale)
