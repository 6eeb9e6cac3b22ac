"""The budget ends one early."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "OTP-7",
    "one code less than the budget is sent",
    shows="within the budget: wanted 200 .* got 429",
)
class OneCodeTooFew(Shifted):
    operation = "requestOtp"
    by = -1
