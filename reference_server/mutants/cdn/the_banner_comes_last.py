"""The last step of the build comes after the hashes."""

from __future__ import annotations

from reference_server.bundles import Bundler
from reference_server.delivery import Delivery, Made, Place
from reference_server.mutants import Reaching, mutant


class Early(Bundler):
    def make(self) -> dict[str, bytes]:
        return {
            name: b"/*! chat */\n" + content if name in self.files.values() else content
            for name, content in super().make().items()
        }


@mutant(
    "CDN-9",
    "hashes are of the files before a banner is put in front",
    shows="the hash that /v1.0.0/integrity.json publishes of",
)
class TheBannerComesLast(Reaching, Delivery):
    bundler = Early

    def content(self, place: Place, made: Made, coding: str) -> bytes:
        if place.name in self._facts["files"].values():
            self.reached()
        return super().content(place, made, coding)
