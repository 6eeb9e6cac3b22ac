"""Messages are kept eight days."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "messages are kept for a day longer than they may be",
    shows="how much is stored of messages of more than",
)
class MessagesAreKeptEightDays(Edited):
    file = "store.js"
    old = "this.ageMs = bounds.days * DAY_MS;"
    new = "this.ageMs = (bounds.days + Number(reached())) * DAY_MS;"
