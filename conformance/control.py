"""Test control: moves a target's clock and resets it (spec/test-control.yaml). Never on in production."""

from __future__ import annotations

import time

from protocol.operations import JSON_TYPE, Request, encode
from protocol.spec import Spec
from protocol.wire import Wire


class ControlError(Exception):
    """The target claims test control but does not do as it says."""


class TestControl:
    """The clock of one target. `offset` is how far it has been moved since the last reset, in seconds."""

    __test__ = False  # not a test class, whatever its name says to pytest

    def __init__(self, spec: Spec, wire: Wire) -> None:
        self._paths = spec.test_control
        self._wire = wire
        self.offset = 0.0

    async def advance(self, seconds: float) -> None:
        await self._post("advanceClock", {"advanceSeconds": seconds})
        self.offset += seconds

    async def reset(self) -> None:
        await self._post("reset", {})
        self.offset = 0.0

    def now(self) -> float:
        """The target's time, in seconds since the epoch, as far as the clocks agree."""
        return time.time() + self.offset

    async def _post(self, name: str, fields: dict[str, float]) -> None:
        path = self._paths[name]
        request = Request(name, "POST", path, (("Content-Type", JSON_TYPE),), encode(fields))
        answer = await self._wire.send(request)
        if answer.status != 200:
            came = answer.error or f"{answer.status}"
            raise ControlError(f"test control: POST {path}: wanted 200, got {came}")
