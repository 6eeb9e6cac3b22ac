"""A429 is not shown."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-7",
    "a 429 when a room is made is shown to nobody",
    shows="whether '' tells of a wait of [0-9]+ s: wanted True",
)
class A429IsNotShown(Edited):
    file = "widget.js"
    old = "else this.view.error(known ? error.message :"
    new = "else if (error.status !== 429 || !reached()) this.view.error(known ? error.message :"
