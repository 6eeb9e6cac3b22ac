"""Each message has a salt of its own."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-9",
    "a key is derived anew for each message",
    shows="how many salts one sender has in one session: wanted 1",
)
class EachMessageHasASaltOfItsOwn(Edited):
    file = "envelope.js"
    old = "async seal(text, { salt = this.salt,"
    new = "async seal(text, { salt = reached() && crypto.getRandomValues(this.salt.slice()),"
