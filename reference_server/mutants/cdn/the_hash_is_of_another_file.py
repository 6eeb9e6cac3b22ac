"""A table whose lines slipped."""

from __future__ import annotations

import json

from reference_server.delivery import Delivery, Made, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-9",
    "the hash of the minified bundle is that of the other",
    shows="publishes of chat-widget.iife.min.js: wanted",
)
class TheHashIsOfAnotherFile(Reaching, Delivery):
    def content(self, place: Place, made: Made, coding: str) -> bytes:
        if place.name != self._facts["integrity"]:
            return super().content(place, made, coding)
        self.reached()
        names = self._facts["files"]
        hashes = json.loads(made.by_coding[""])
        return json.dumps({**hashes, names["minified"]: hashes[names["bundle"]]}).encode("ascii")

    def codings(self, place: Place) -> tuple[str, ...]:
        return () if place.name == self._facts["integrity"] else super().codings(place)
