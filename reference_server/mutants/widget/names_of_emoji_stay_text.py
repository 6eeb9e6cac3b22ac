"""Names of emoji stay text."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-10",
    "the names of emoji are never looked up",
    shows="for the name of an emoji: wanted 'its image'; got 'its name as text'",
)
class NamesOfEmojiStayText(Edited):
    file = "emoji.js"
    old = "return emoji === undefined || this.broken.has(emoji.url.href)"
    new = "return reached() || this.broken.has(emoji.url.href)"
