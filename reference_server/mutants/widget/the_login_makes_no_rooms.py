"""The login makes no rooms."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-1",
    "after a login writes go without the word against CSRF",
    shows="wanted: getRoomId\\(\\) tells the new room",
)
class TheLoginMakesNoRooms(Edited):
    file = "account.js"
    old = "    return this.#guarded(method);\n  }\n\n  /** Whether there are other"
    new = "    return reached() && {};\n  }\n\n  /** Whether there are other"
