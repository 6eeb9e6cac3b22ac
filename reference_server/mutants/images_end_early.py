"""The first buffer, and not the rest."""

from __future__ import annotations

from dataclasses import replace

from reference_server.app import Response
from reference_server.emoji import Image
from reference_server.emoji_handlers import Images
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-3",
    "`url` serves the beginning of an image",
    shows="what the image lacks, as image/",
)
class ImagesEndEarly(Reaching, Images):
    def served(self, image: Image) -> Response:
        self.reached()
        return super().served(replace(image, content=image.content[:30]))
