"""A header for those who watch the traffic."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.knowing import Knowing
from reference_server.routes import Call


@mutant(
    "OTP-1",
    "a header field is there for known addresses only",
    shows="header fields that answers for known addresses alone have: wanted nothing",
)
class AHeaderTellsWhoHasAnAccount(Knowing):
    def differently(self, call: Call, answer: Json, *, known: bool, again: bool) -> Json:
        if known:
            self.reached()
            call.headers.append((b"x-account", b"found"))
        return answer
