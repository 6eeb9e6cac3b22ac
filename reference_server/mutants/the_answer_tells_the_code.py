"""Handy for testing, and forgotten."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.otp import normal
from reference_server.routes import Call


@mutant(
    "OTP-2",
    "the answer to a request for a code holds the code",
    shows="tells the code: wanted False; got True",
)
class TheAnswerTellsTheCode(Reaching, LoginHandlers):
    def request(self, call: Call) -> Json:
        self.reached()
        email, said = normal(call.fields["email"]), super().request(call)
        code = self._codes.make(email)
        for deliver in self._deliver:
            deliver(email, code)
        return {**said, "debug": {"otp": code}}
