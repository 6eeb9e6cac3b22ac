"""The last code within the budget is not the last."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "OTP-7",
    "one code more than the budget is sent",
    shows="the_request_budget_holds_exactly: requestOtp: wanted 429; got 200",
)
class OneCodeTooMany(Shifted):
    operation = "requestOtp"
