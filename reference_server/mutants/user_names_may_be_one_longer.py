"""A limit that is one too high."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-3",
    "userName may be one character longer than its limit",
    shows="joinRoom with a bad userName: wanted 400; got 200",
)
class UserNamesMayBeOneLonger(OneMore):
    body_of = "joinRoom"
    field = "userName"
