"""A kind word for whoever has no account yet."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.knowing import Knowing
from reference_server.routes import Call


@mutant(
    "OTP-1",
    "the message differs for unknown addresses",
    shows="what differs in the answer to .*message",
)
class NewPeopleAreGreeted(Knowing):
    def differently(self, call: Call, answer: Json, *, known: bool, again: bool) -> Json:
        if known:
            return answer
        self.reached()
        return {**answer, "message": "Welcome! A code is on its way to you."}
