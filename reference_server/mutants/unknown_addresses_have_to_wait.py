"""An account that was begun has to be finished first."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.knowing import Knowing
from reference_server.mutants.refusing import Pending
from reference_server.routes import Call


@mutant(
    "OTP-1",
    "an unknown address that asks again is answered with another status",
    shows="the status of requestOtp number 2 for an unknown address.*: wanted 200; got 409",
    also=["OTP-7"],
    why_also="somebody who never logged in asks again there",
)
class UnknownAddressesHaveToWait(Knowing):
    def differently(self, call: Call, answer: Json, *, known: bool, again: bool) -> Json:
        if known or not again:
            return answer
        self.reached()
        raise Pending("The registration of this address is not finished.")
