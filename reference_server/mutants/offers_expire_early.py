"""A lifetime that is cut short."""

from __future__ import annotations

from reference_server.clock import Clock
from reference_server.mailbox import Mailbox
from reference_server.mutants import Reaching, mutant


@mutant("MBOX-6", "an offer lives for two thirds of its lifetime", parts=["offers"])
class OffersExpireEarly(Reaching, Mailbox):
    def __init__(self, clock: Clock, lifetime_s: int) -> None:
        super().__init__(clock, lifetime_s * 2 // 3)
        self.reached()
