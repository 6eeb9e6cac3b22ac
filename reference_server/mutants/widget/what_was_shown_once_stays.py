"""What was shown once stays."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-12",
    "what was scrolled through once stays in the document",
    shows="how many of [0-9]+ are in the document after scrolling: wanted",
)
class WhatWasShownOnceStays(Edited):
    file = "log.js"
    old = "const kept = this.#selected().map("
    new = """\
const here = stick ? this.#selected() : reached() && [...this.items.keys()];
    const kept = here.map("""
