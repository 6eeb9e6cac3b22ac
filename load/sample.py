"""One request of a load run, as it was measured. What sends makes them; the recorder adds them up."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["read", "write"]


class Sample(NamedTuple):
    """Times are seconds of time.perf_counter() of this process.

    `intended` is when it was meant to start: as planned by the user's own pace, or, where it follows from an
    answer, when that answer was there. `every` is the pace of what is repeated, in seconds, 0 for what is
    not: by it latencies are corrected for coordinated omission. `fault` is what was wrong, "" where nothing
    was: a line for a person, without anything that differs from one request to the next, since equal ones
    are counted together. `requirement` names the MUST that a fault breaks, where it breaks one. Where its
    user was stopped before an answer came, `ended` is that moment, `status` None, and there is no fault
    unless the answer was overdue.
    """

    operation: str
    kind: Kind
    intended: float
    started: float
    ended: float
    every: float = 0.0
    status: int | None = None
    fault: str = ""
    requirement: str = ""
