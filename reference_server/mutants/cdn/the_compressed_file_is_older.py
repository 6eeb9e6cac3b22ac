"""Compressed beforehand, and not again when the file changed."""

from __future__ import annotations

import gzip

from reference_server.delivery import Delivery, Made, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-4",
    "the gzipped bundle is that of another build",
    shows="in gzip is the same file: wanted True",
)
class TheCompressedFileIsOlder(Reaching, Delivery):
    def content(self, place: Place, made: Made, coding: str) -> bytes:
        if coding != "gzip" or place.name != self._facts["files"]["minified"]:
            return super().content(place, made, coding)
        self.reached()
        return gzip.compress(made.by_coding[""] + b"\n// build 41\n")
