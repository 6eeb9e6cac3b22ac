"""Read on from where the last reader stopped."""

from __future__ import annotations

from dataclasses import replace

from reference_server.app import Response
from reference_server.emoji import Image
from reference_server.emoji_handlers import Images
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-3",
    "`url` serves an image without its beginning",
    shows="how the image begins, as image/",
)
class ImagesAreCutOff(Reaching, Images):
    def served(self, image: Image) -> Response:
        self.reached()
        return super().served(replace(image, content=image.content[8:]))
