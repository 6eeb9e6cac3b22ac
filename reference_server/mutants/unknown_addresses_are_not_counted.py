"""Only accounts have a counter."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.knowing import Knowing
from reference_server.routes import Call


@mutant(
    "OTP-1",
    "`remaining` stands still for unknown addresses",
    shows="what differs in the answer to .*remaining",
)
class UnknownAddressesAreNotCounted(Knowing):
    def differently(self, call: Call, answer: Json, *, known: bool, again: bool) -> Json:
        if known or not again:
            return answer
        self.reached()
        return {**answer, "remaining": answer["remaining"] + 1}
