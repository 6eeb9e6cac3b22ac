"""A limit that is one too low."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-5",
    "userName may have one character less than its limit",
    shows="joinRoom with userName at its limit: .* got 400 .*userName: has more than 99 characters",
)
class UserNamesAreOneShorter(OneMore):
    body_of = "joinRoom"
    field = "userName"
    by = -1
