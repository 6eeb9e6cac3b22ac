"""An account is made before the answer."""

from __future__ import annotations

import time

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.knowing import Knowing
from reference_server.routes import Call


@mutant(
    "OTP-1",
    "the answer for an unknown address comes later",
    shows="the median time of requestOtp for an unknown address",
)
class UnknownAddressesTakeLonger(Knowing):
    def differently(self, call: Call, answer: Json, *, known: bool, again: bool) -> Json:
        if not known:
            self.reached()
            time.sleep(0.15)
        return answer
