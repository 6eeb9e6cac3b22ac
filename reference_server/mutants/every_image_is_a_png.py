"""The type of the tests."""

from __future__ import annotations

from dataclasses import replace

from reference_server.app import Response
from reference_server.emoji import Image
from reference_server.emoji_handlers import Images
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-3",
    "`url` serves every image as a PNG",
    shows="how the image begins, as image/png: wanted",
)
class EveryImageIsAPng(Reaching, Images):
    def served(self, image: Image) -> Response:
        if image.media != "image/png":
            self.reached()
        return super().served(replace(image, media="image/png"))
