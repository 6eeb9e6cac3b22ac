"""The type of everything."""

from __future__ import annotations

from dataclasses import replace

from reference_server.app import Response
from reference_server.emoji import Image
from reference_server.emoji_handlers import Images
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-3",
    "`url` serves an image as mere bytes",
    shows="the Content-Type of the image: wanted one of",
)
class ImagesAreBytes(Reaching, Images):
    def served(self, image: Image) -> Response:
        self.reached()
        return super().served(replace(image, media="application/octet-stream"))
