"""A file that was forgotten in one folder."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-1",
    "the minified bundle is not there under the minor version",
    shows="a_file_is_there[/v1.M/chat-widget.iife.min.js]: GET",
)
class AShortVersionHasAGap(Reaching, Delivery):
    def place(self, path: str) -> Place | None:
        found = super().place(path)
        if found != Place(self._facts["versioned"][1], self._facts["files"]["minified"]):
            return found
        self.reached()
        return None
