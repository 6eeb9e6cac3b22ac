"""A limit that is one too low."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-5",
    "encryptedRoomKey may have one character less than its limit",
    shows="createRoom with encryptedRoomKey .*encryptedRoomKey: has more than 9999 characters",
    also=["VAL-18"],
    why_also="it sends text of the whole limit",
)
class RoomKeysAreOneShorter(OneMore):
    body_of = "createRoom"
    field = "encryptedRoomKey"
    by = -1
