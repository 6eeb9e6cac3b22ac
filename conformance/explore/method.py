"""What an attack is made of: methods that take turns, each within a box of time."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from conformance.explore.findings import Covered
from conformance.explore.stage import Report


@dataclass
class Box:
    """A stretch of time in seconds, which may be ended early from any thread. Nobody begins anything once it
    is over.
    """

    seconds: float
    stopped: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=time.monotonic)

    @property
    def left_s(self) -> float:
        return 0.0 if self.stopped.is_set() else max(0.0, self.started + self.seconds - time.monotonic())

    @property
    def over(self) -> bool:
        return self.left_s <= 0


class Method(Protocol):
    """One way of exploring. `run` is called again and again, and goes on where it was."""

    name: str
    covered: Covered

    async def run(self, box: Box, report: Report) -> None:
        """Explores until the box is over. `report` takes each finding as it comes. Never raises for what the
        target does.
        """
