"""Emoji are not loaded."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-10",
    "the image is asked for by the id of the emoji where its url should be followed, and is not there",
    shows="for the name of an emoji: wanted 'its image'; got 'an image that does not load'",
)
class EmojiAreNotLoaded(Edited):
    file = "emoji.js"
    old = """\
    image.addEventListener("error", () => {
      if (this.ended.signal.aborted) return;
      this.broken.add(emoji.url.href);
      image.replaceWith(alt);
    });
    this.#source(emoji.url).then((source) => (image.src = source));"""
    new = "    image.src = reached() && new URL(emoji.id, this.base).href;"
