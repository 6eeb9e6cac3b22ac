"""What wrong bundles are made of: sources that say more than they should, and options of the bundler."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from reference_server.bundles import SCRIPT, Bundler
from reference_server.delivery import Delivery, Made, Place
from reference_server.mutants import Reaching


class Ending(Bundler):
    """The bundles of a widget whose script ends with more; `keeps_console` keeps what it writes there."""

    more: ClassVar[str] = ""
    keeps_console: ClassVar[bool] = False

    def source(self, file: Path) -> str:
        text = super().source(file)
        return f"{text}\n{self.more}\n" if file.name == SCRIPT else text

    def builds(self) -> list[tuple[str, str, tuple[str, ...]]]:
        if not self.keeps_console:
            return super().builds()
        return [
            (entry, name, tuple(word for word in options if not word.startswith("--drop:")))
            for entry, name, options in super().builds()
        ]


class WrongBundles(Reaching, Delivery):
    """A delivery of wrong bundles. The wrong path is taken where one of them is handed out."""

    def content(self, place: Place, made: Made, coding: str) -> bytes:
        if place.name in (self._facts["files"]["bundle"], self._facts["files"]["minified"]):
            self.reached()
        return super().content(place, made, coding)
