"""What is left of a budget, as far as its user can know: fixed windows, in which every 2xx counts and a
refusal may. Nothing is judged near a window's end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.explore.model.moments import Grace, Span
from protocol.spec import Budget


@dataclass
class Window:
    """One user's budget of one operation. `low` requests have counted for certain, `high` at the most.

    `renewed` says that a window before this one is over. `spared` are the requirements by which a request
    since its opening has cost nothing: they are offended where it did.
    """

    budget: Budget
    grace: Grace
    low: int = 0
    high: int = 0
    renewed: bool = False
    spared: list[str] = field(default_factory=list)
    _opened: Span | None = None
    _unknown_until: float = 0.0

    def look(self, at: Span) -> tuple[bool, bool]:
        """Whether a request may be granted now, and whether it may be refused."""
        self._roll(at)
        if self._unknown_until:
            return True, True
        return self.low < self.budget.limit, self.high >= self.budget.limit

    def counted(self, at: Span) -> None:
        """It was granted."""
        self._open(at)
        self.low += 1
        self.high += 1

    def perhaps(self, at: Span) -> None:
        """It was refused, which may have counted."""
        self._open(at)
        self.high += 1

    @property
    def left(self) -> int:
        """So many requests are still granted for certain."""
        return max(0, self.budget.limit - self.high)

    def old(self, at: Span) -> bool:
        """Whether time has passed in this window, so that its end may be what went wrong."""
        return self._opened is not None and at.lo - self._opened.hi > self.grace.after

    def _open(self, at: Span) -> None:
        if self._unknown_until:
            self._unknown_until = at.hi + self.budget.window + self.grace.after
        elif self._opened is None:
            self._opened = at
        elif self.low == 0:  # a refusal may have opened it, or may not
            self._opened = Span(self._opened.lo, at.hi)

    def _roll(self, at: Span) -> None:
        if self._opened is None:
            return
        if self._unknown_until:
            over = at.lo >= self._unknown_until
        else:
            over = bool(self.grace.over(self._opened, at, self.budget.window))
        if over:
            self.low = self.high = 0
            self.renewed = True
            self.spared.clear()
            self._opened, self._unknown_until = None, 0.0
        elif not self._unknown_until and self.grace.over(self._opened, at, self.budget.window) is None:
            self._unknown_until = at.hi + self.budget.window + self.grace.after
