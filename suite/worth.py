"""What a check is worth for its time: the mutants that it kills, and the seconds that it takes.

Both are data that ship with the suite: the kill matrix (parley selftest makes it) and costs.json, measured on
the reference server by bench/costs.py. They say in which order to ask where there is no time for everything.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from reports.runlog import Record
from suite.proofs import MATRIX

NO_ROOM = "the time budget had no room for it"
SPENT = "the time budget was over before this was decided"
COSTS = MATRIX.with_name("costs.json")
UNKNOWN_S = 0.05  # of a check where no cost at all is known
LEAST_S = 0.001  # what is free would be worth more than anything


@dataclass(frozen=True)
class Worth:
    """`kills`: check -> the mutants that it kills alone; `seconds`: check -> how long it acts, alone.

    A check is named as in the log: `MBOX-2 an_offer_is_read_once`, with its case in brackets.
    """

    kills: Mapping[str, frozenset[str]]
    seconds: Mapping[str, float]

    @property
    def mutants(self) -> frozenset[str]:
        """All that some check kills."""
        return frozenset().union(*self.kills.values())

    def found_by(self, checks: Iterable[str]) -> frozenset[str]:
        """The mutants that these checks kill together."""
        return frozenset().union(*(self.kills.get(check, frozenset()) for check in checks))

    def cost(self, check: str) -> float:
        """Seconds; of a check that was never measured the median."""
        return max(LEAST_S, self.seconds.get(check, self._median))

    @cached_property
    def _median(self) -> float:
        return statistics.median(self.seconds.values()) if self.seconds else UNKNOWN_S

    def in_order(self, checks: Collection[str]) -> list[str]:
        """The checks by the mutants that each kills beyond those before it, per second. Then what kills none
        more, the requirements that are decided soonest first.
        """
        left, found, order = sorted(checks), set[str](), list[str]()
        costs = {check: self.cost(check) for check in left}
        while left:
            gains = {check: len(self.kills.get(check, frozenset()) - found) / costs[check] for check in left}
            best = max(left, key=lambda check: gains[check])
            if not gains[best]:
                break
            order.append(best)
            found |= self.kills[best]
            left.remove(best)
        still = dict.fromkeys((check.partition(" ")[0] for check in left), 0.0)
        for check in left:
            still[check.partition(" ")[0]] += costs[check]
        return [*order, *sorted(left, key=lambda check: (still[check.partition(" ")[0]], check))]

    def rounds(self, checks: Collection[str], seconds: float) -> list[list[str]]:
        """`in_order`, in parts that take about so many seconds each."""
        parts: list[list[str]] = [[]]
        used = 0.0
        for check in self.in_order(checks):
            if parts[-1] and used >= seconds:
                parts.append([])
                used = 0.0
            parts[-1].append(check)
            used += self.cost(check)
        return parts


def check_of(verdict: Record) -> str:
    """The check that a verdict record is of, named as here."""
    case = f"[{verdict['case']}]" if verdict["case"] else ""
    return f"{verdict['requirement']} {verdict['check']}{case}"


def shipped(matrix: Path = MATRIX, costs: Path = COSTS) -> Worth:
    """What ships with the suite; nothing is known where it is not there."""
    kills: dict[str, set[str]] = {}
    for name, record in _read(matrix, "mutants").items():
        if record["killed"]:
            for check in record["by"]:
                kills.setdefault(f"{record['requirement']} {check}", set()).add(name)
    return Worth(
        {check: frozenset(names) for check, names in kills.items()},
        {check: float(seconds) for check, seconds in _read(costs, "seconds").items()},
    )


def _read(file: Path, key: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))[key]
    except FileNotFoundError:
        return {}
    return found
