"""A font that was put into the style."""

from __future__ import annotations

import random
from pathlib import Path

from reference_server.bundles import STYLE, Bundler
from reference_server.delivery import Delivery, Made, Place
from reference_server.mutants import Reaching, mutant

NOISE = random.Random(1).randbytes(30_000).hex()  # noqa: S311 - what no compression makes smaller than a half


class Decorated(Bundler):
    def source(self, file: Path) -> str:
        text = super().source(file)
        return f'{text}\n.chat-widget {{ --font: "{NOISE}"; }}\n' if file.name == STYLE else text


@mutant(
    "CDN-4",
    "a font came into the style",
    shows="the gzipped bytes of /v1/chat-widget.css: wanted",
)
class TheStyleIsTooLarge(Reaching, Delivery):
    bundler = Decorated

    def content(self, place: Place, made: Made, coding: str) -> bytes:
        if place.name == self._facts["files"]["style"]:
            self.reached()
        return super().content(place, made, coding)
