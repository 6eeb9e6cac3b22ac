"""Each message comes before the last."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-3",
    "a message is put one place too early",
    shows="what is shown of the other's messages: wanted",
)
class EachMessageComesBeforeTheLast(Edited):
    file = "messages.js"
    old = "this.entries.push(entry);"
    new = "this.entries.splice(-1, 0, reached() && entry);"
