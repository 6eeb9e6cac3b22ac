"""When a lost connection is tried again, and what counts as lost (protocol section 5, PEER-14). Pure.

Times are seconds of the caller's clock; nothing here reads one or sleeps.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from protocol.spec import Spec

GONE = ("failed", "closed")  # the states of RTCPeerConnection.connectionState (W3C webrtc) that are a loss


@dataclass(frozen=True)
class Schedule:
    """The pauses before each try: `first`, doubling, no longer than `longest`, `tries` of them."""

    first: float
    longest: float
    tries: int

    @classmethod
    def of(cls, spec: Spec) -> Schedule:
        """What x-policy of asyncapi.yaml says."""
        policy = spec.asyncapi["x-policy"]
        return cls(policy["reconnect_first"], policy["reconnect_longest"], policy["reconnect_tries"])

    def pauses(self) -> Iterator[float]:
        """Seconds before each try, from the loss or from the start of the try before."""
        pause = self.first
        for _ in range(self.tries):
            yield min(pause, self.longest)
            pause = min(pause * 2, self.longest)

    def starts(self) -> Iterator[float]:
        """Seconds after the loss at which each try starts."""
        return itertools.accumulate(self.pauses())

    def most_tries(self, elapsed: float) -> int:
        """How many tries may have started so many seconds after the loss."""
        return sum(start <= elapsed for start in self.starts())


@dataclass
class Backoff:
    """The tries after one loss. `due` says when the next one starts; None once there are no more."""

    schedule: Schedule
    lost_at: float
    started: int = 0

    @property
    def due(self) -> float | None:
        starts = list(self.schedule.starts())
        return self.lost_at + starts[self.started] if self.started < len(starts) else None

    def start(self, now: float) -> bool:
        """Whether a try starts now: it is due, and then it counts."""
        due = self.due
        if due is None or now < due:
            return False
        self.started += 1
        return True


def loss(spec: Spec, state: str, heard_at: float, now: float) -> str | None:
    """Why a connection counts as lost, or None. `state` is its connectionState; `heard_at` is when the last
    frame or pong came.
    """
    silence: float = spec.asyncapi["x-policy"]["silence"]
    if state in GONE:
        return f"connectionState is {state}"
    if now - heard_at >= silence:
        return f"nothing was heard for {now - heard_at:.1f} s"
    return None
