"""Text behind an emoji is lost."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-10",
    "what stands behind the first emoji of a message is lost",
    shows="for a name that no emoji has: wanted .*; got 'no image that is called",
)
class TextBehindAnEmojiIsLost(Edited):
    file = "emoji.js"
    old = "    return parts.map((part) => {"
    new = """\
    const first = parts.findIndex(({ name }) => this.known.has(name));
    if (first >= 0 && reached()) parts.splice(first + 1);
    return parts.map((part) => {"""
