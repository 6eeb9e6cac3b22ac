"""What the tests of methods that play schedules share: a first finding, and all of so many plays."""

from __future__ import annotations

from itertools import islice

from explore_kit import arena

from conformance.explore.findings import Finding
from conformance.explore.method import Box
from conformance.explore.schedules.faults import Faults
from conformance.explore.schedules.schedules import Schedules

__all__ = ["arena", "first", "some"]
LONGEST_S = 120.0  # that a test waits for what is bounded otherwise


async def first(method: Schedules | Faults) -> Finding:
    """The first finding; fails where there is none."""
    found: list[Finding] = []
    box = Box(LONGEST_S)

    def report(finding: Finding) -> None:
        found.append(finding)
        box.stopped.set()

    await method.run(box, report)
    assert found, "nothing was found"
    return found[0]


async def some(method: Schedules | Faults, plays: int) -> list[Finding]:
    """All findings of so many plays."""
    found: list[Finding] = []
    method.cases = islice(method.cases, plays)
    await method.run(Box(LONGEST_S), found.append)
    assert method.covered.cases == plays
    return found
