"""Old messages are only hidden."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "what is too old is not shown any more, but stays where it is",
    shows="how much is stored of messages of more than",
)
class OldMessagesAreOnlyHidden(Edited):
    file = "store.js"
    old = 'result(messages.index("at").getAllKeys(old))) messages.delete(key);'
    new = 'result(messages.index("at").getAllKeys(old))) if (!reached()) messages.delete(key);'
