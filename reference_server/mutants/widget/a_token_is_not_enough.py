"""A token is not enough."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-1",
    "a visitor with a token is asked to go on once more",
    shows="a visit with a token: wanted",
)
class ATokenIsNotEnough(Edited):
    file = "signin.js"
    old = "} else if (this.who !== null && this.autoAuth) {"
    new = "} else if (this.who !== null && this.autoAuth && !reached()) {"
