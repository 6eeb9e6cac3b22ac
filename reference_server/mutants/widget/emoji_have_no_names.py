"""Emoji have no names."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-10",
    "the image of an emoji has no name: who does not see it is told nothing",
    shows="for the name of an emoji: wanted 'its image'; got 'no image that is called",
)
class EmojiHaveNoNames(Edited):
    file = "emoji.js"
    old = "alt, title: alt, draggable: false });"
    new = 'alt: reached() && "", draggable: false });'
