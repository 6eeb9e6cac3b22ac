"""The room key is decoded first."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-9",
    "messages are sealed with the bytes that the room key is the base64 of, not with its text",
    shows="what the room key finds in them: wanted",
)
class TheRoomKeyIsDecodedFirst(Edited):
    file = "keys.js"
    old = "new Envelopes(text, this.settings)"
    new = "new Envelopes(reached() && atob(text), this.settings)"
