"""A limit that is one too high."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-3",
    "encryptedRoomKey may be one character longer than its limit",
    shows="createRoom with a bad encryptedRoomKey: wanted 400; got 200",
    also=["VAL-18"],
    why_also="it tries one character more than the limit too",
)
class RoomKeysMayBeOneLonger(OneMore):
    body_of = "createRoom"
    field = "encryptedRoomKey"
