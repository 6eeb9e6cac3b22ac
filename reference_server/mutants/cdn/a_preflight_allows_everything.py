"""A star, which stands for every method."""

from __future__ import annotations

from reference_server.delivery import Delivery
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-3",
    "a preflight allows pages every method",
    shows=r"allows beside reading: wanted nothing; got \['\*'\]",
)
class APreflightAllowsEverything(Reaching, Delivery):
    def allowed(self) -> str:
        self.reached()
        return "*"
