"""Markup in names runs."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited
from reference_server.pages import POLICY


@mutant(
    "WID-4",
    "the name of a sender becomes markup, on a page whose policy lets scripts in it run",
    shows="how often markup in a name ran: wanted 0",
)
class MarkupInNamesRuns(Edited):
    policy = POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")
    file = "item.js"
    old = 'textContent: own ? "You" : name'
    new = 'innerHTML: own ? "You" : reached() && name'
