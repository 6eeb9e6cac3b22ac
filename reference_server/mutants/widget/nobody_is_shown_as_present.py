"""Nobody is shown as present."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-5",
    "the others in the room are not shown",
    shows="whether who joined is shown as present: wanted True",
)
class NobodyIsShownAsPresent(Edited):
    file = "people.js"
    old = 'filter(({ status }) => status !== "offline");'
    new = 'filter(({ status }) => status !== "offline" && !reached());'
