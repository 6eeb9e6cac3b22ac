"""A cache whose key is the path of the handler."""

from __future__ import annotations

from reference_server.app import Response
from reference_server.emoji import Image
from reference_server.emoji_handlers import Images
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-3",
    "`url` serves the image that was asked for first, whoever asks for which",
    shows=r"width and height of the image, as image/\w+: wanted \[",
)
class ImagesAreAllTheFirst(Reaching, Images):
    first: Image | None = None

    def served(self, image: Image) -> Response:
        self.first = self.first or image
        if self.first is not image:
            self.reached()
        return super().served(self.first)
