"""It comes back at once."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-14",
    "after a loss there is no wait before a try",
    shows="the seconds from the loss to its first try: wanted",
)
class ItComesBackAtOnce(Edited):
    file = "reconnect.js"
    old = "yield Math.min(wait, policy.reconnect_longest);"
    new = "yield reached() ? 0 : wait;"
