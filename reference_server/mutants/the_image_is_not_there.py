"""The url leads to a store that nobody filled."""

from __future__ import annotations

from reference_server.app import Response
from reference_server.emoji import Image
from reference_server.emoji_handlers import Images
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-3",
    "`url` serves nothing",
    shows="the status of the url of an emoji: wanted 200; got 404",
)
class TheImageIsNotThere(Reaching, Images):
    def served(self, image: Image) -> Response:
        self.reached()
        return self.malformed(404, "There is nothing at this path.")
