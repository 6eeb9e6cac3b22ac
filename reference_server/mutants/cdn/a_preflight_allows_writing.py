"""Headers copied from an API."""

from __future__ import annotations

from reference_server.delivery import Delivery
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-3",
    "a preflight allows pages to write",
    shows="allows beside reading: wanted",
)
class APreflightAllowsWriting(Reaching, Delivery):
    def allowed(self) -> str:
        self.reached()
        return "GET, PUT, POST, DELETE, OPTIONS"
