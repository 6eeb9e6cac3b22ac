"""Nothing is stored."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "messages are not stored at all",
    shows="how much is stored of messages on a later visit, in characters and bytes: wanted",
)
class NothingIsStored(Edited):
    file = "store.js"
    old = "if (known === undefined) messages.put(record);"
    new = "if (known === undefined && !reached()) messages.put(record);"
