"""Each message comes before the last."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-3",
    "a message is put one place too early",
    shows="(of the other's messages|messages of [a-z]+, as shown): wanted",
)
class EachMessageComesBeforeTheLast(Edited):
    file = "messages.js"
    old = "this.entries.push(entry);"
    new = "this.entries.splice(-1, 0, reached() && entry);"
