"""A flag for the page, to show another form."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.knowing import Knowing
from reference_server.routes import Call


@mutant(
    "OTP-1",
    "a property tells who has no account",
    shows="what differs in the answer to .*newUser",
)
class NewPeopleAreMarked(Knowing):
    def differently(self, call: Call, answer: Json, *, known: bool, again: bool) -> Json:
        if known:
            return answer
        self.reached()
        return {**answer, "newUser": True}
