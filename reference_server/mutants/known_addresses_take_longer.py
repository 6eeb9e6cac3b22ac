"""The mail is sent before the answer, to those who have an account."""

from __future__ import annotations

import time

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.knowing import Knowing
from reference_server.routes import Call


@mutant(
    "OTP-1",
    "the answer for a known address comes later",
    shows="the median time of requestOtp for a known address",
)
class KnownAddressesTakeLonger(Knowing):
    def differently(self, call: Call, answer: Json, *, known: bool, again: bool) -> Json:
        if known:
            self.reached()
            time.sleep(0.15)
        return answer
