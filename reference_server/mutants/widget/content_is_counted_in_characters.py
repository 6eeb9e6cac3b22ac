"""Content is counted in characters."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-5",
    "the limit of a message counts characters, not bytes",
    shows="bytes, as they arrived: wanted",
)
class ContentIsCountedInCharacters(Edited):
    file = "frames.js"
    old = "const size = bytes(text);"
    new = "const size = reached() && text.length;"
