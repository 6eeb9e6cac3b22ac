"""A map that maps nothing."""

from __future__ import annotations

import json

from reference_server.delivery import Delivery, Made, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-6",
    "the source map of a script holds no mappings",
    shows="the length of its mappings: wanted",
)
class SourceMapsAreHollow(Reaching, Delivery):
    def content(self, place: Place, made: Made, coding: str) -> bytes:
        if not place.name.endswith(self._facts["map_suffix"]) or coding:
            return super().content(place, made, coding)
        self.reached()
        return json.dumps({**json.loads(made.by_coding[""]), "mappings": ""}).encode("utf-8")
