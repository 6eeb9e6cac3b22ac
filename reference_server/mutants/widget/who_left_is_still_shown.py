"""Who left is still shown."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-5",
    "somebody who said good-bye is shown as away",
    shows="whether who left is shown as present: wanted False",
)
class WhoLeftIsStillShown(Edited):
    file = "people.js"
    old = "this.all.get(id).status = status;"
    new = 'this.all.get(id).status = status === "offline" && reached() ? "away" : status;'
