"""Messages are kept a day less."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "messages go a day before they may",
    shows="how much is stored shortly before it is too old, in characters and bytes: wanted",
)
class MessagesAreKeptADayLess(Edited):
    file = "store.js"
    old = "this.ageMs = bounds.days * DAY_MS;"
    new = "this.ageMs = (bounds.days - Number(reached())) * DAY_MS;"
