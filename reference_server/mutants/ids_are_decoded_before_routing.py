"""A path that is decoded before it is routed."""

from __future__ import annotations

import posixpath
import re

from reference_server.app import App, Reply
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "VAL-13",
    "an encoded slash in an id is one in the path",
    shows="with traversal to another operation: wanted 400 to 499; got 200",
)
class IdsAreDecodedBeforeRouting(Reaching, App):
    def respond(self, request: Request) -> Reply:
        if "%2f" in request.path.lower():
            self.reached()
            request.path = posixpath.normpath(
                re.sub("%2f", "/", request.path, flags=re.IGNORECASE).replace("%2e", ".")
            )
        return super().respond(request)
