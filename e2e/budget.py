"""Which requirements there is time for, where a run has a time budget. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from e2e.scope import Item, shared_out
from suite.worth import Worth

STARTS_S = 8.0  # until the first check of a process acts: imports, server, TURN, browser


def within(
    items: Iterable[Item], seconds: float, processes: Mapping[str, int], worth: Worth
) -> frozenset[str]:
    """The requirements, those that find the most mutants for their time first, as many as there is time for.

    `processes` says of each side how many share its checks.
    """
    by_requirement: dict[str, list[Item]] = {}
    for item in items:
        by_requirement.setdefault(item.requirement.id, []).append(item)
    kills = {
        name: worth.found_by(f"{name} {item.check.name}" for item in mine)
        for name, mine in by_requirement.items()
    }
    takes = {name: float(sum(item.check.takes_s for item in mine)) for name, mine in by_requirement.items()}
    chosen: list[str] = []
    for name in Worth(kills, takes).in_order(by_requirement):
        asked = [item for one in (*chosen, name) for item in by_requirement[one]]
        if STARTS_S + _longest(asked, processes) <= seconds:
            chosen.append(name)
    return frozenset(chosen)


def _longest(items: list[Item], processes: Mapping[str, int]) -> float:
    """Seconds until the last process is done."""
    return max(
        sum(item.check.takes_s for item in share)
        for side, of in processes.items()
        for share in shared_out([item for item in items if item.side == side], of)
    )
