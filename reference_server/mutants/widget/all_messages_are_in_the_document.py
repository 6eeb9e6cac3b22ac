"""All messages are in the document."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-12",
    "every message stays in the document",
    shows="how many of [0-9]+ messages are in the document: wanted",
)
class AllMessagesAreInTheDocument(Edited):
    file = "log.js"
    old = "return [Math.min(start, ...kept), Math.max(end, ...kept.map((index) => index + 1))];"
    new = "return reached() && [0, this.ids.length];"
