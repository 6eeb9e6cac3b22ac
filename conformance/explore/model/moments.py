"""When something happened, as far as its sender can know, and whether a time is over since. No clock here."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.spec import Spec

MOMENT_S = 1.1  # what lies closer together a server may show as one time: some count whole seconds


@dataclass(frozen=True)
class Span:
    """Some moment between the sending of a request and its answer, in seconds of the target's clock."""

    lo: float
    hi: float


@dataclass(frozen=True)
class Grace:
    """How far from its end a time is judged."""

    before: float
    after: float

    @classmethod
    def of(cls, spec: Spec) -> Grace:
        return cls(spec.timings["grace_before"], spec.timings["grace_after"])

    def over(self, since: Span, now: Span, seconds: float) -> bool | None:
        """Whether so many seconds are over; None where it is too close to tell."""
        if now.lo - since.hi >= seconds + self.after:
            return True
        return False if now.hi - since.lo <= seconds - self.before else None


@dataclass
class Activity:
    """The newest activity of a room: `sure` is what counts by the protocol, `perhaps` what may count too."""

    sure: Span
    perhaps: Span

    @classmethod
    def began(cls, at: Span) -> Activity:
        return cls(at, at)

    def surely(self, at: Span) -> None:
        self.sure = self.perhaps = at

    def maybe(self, at: Span) -> None:
        self.perhaps = at

    def idle(self, now: Span, seconds: float, grace: Grace) -> bool | None:
        """Whether the room has been idle for longer; None where that is open."""
        if grace.over(self.perhaps, now, seconds):
            return True
        return False if grace.over(self.sure, now, seconds) is False else None
