"""Unknown names are broken images."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-10",
    "whatever stands between colons is taken for an emoji, and an image asked for that is not there",
    shows="for a name that no emoji has: wanted 'its name as text'",
)
class UnknownNamesAreBrokenImages(Edited):
    file = "emoji.js"
    old = "const emoji = this.known.get(part.name) ?? this.emotes.known.get(part.name);"
    new = """\
const emoji = this.known.get(part.name) ?? this.emotes.known.get(part.name);
      if (emoji === undefined && part.name !== undefined && reached()) {
        return element("img", { className: "chat-emoji", alt: part.text, src: `/emoji/image/${part.name}` });
      }"""
