"""What an attack is made of: methods that take turns, each within a box of time."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from conformance.explore.findings import Covered, Finding
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


class ReplayError(ValueError):
    """A replay that its method did not write; the message says what is wrong with it."""


class Method(Protocol):
    """One way of exploring. `run` is called again and again, and goes on where it was."""

    name: str
    covered: Covered

    async def run(self, box: Box, report: Report) -> None:
        """Explores until the box is over. `report` takes each finding as it comes. Never raises for what the
        target does.
        """

    async def again(self, replay: Mapping[str, Any]) -> Finding | None:
        """Does once more what a finding's `replay` says; the finding where it comes again. Raises
        ReplayError.
        """
