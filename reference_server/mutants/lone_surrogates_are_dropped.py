"""Half a letter."""

from __future__ import annotations

import re

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-7",
    "an escaped lone surrogate is dropped from the text",
    shows=r"a_lone_surrogate_is_refused\[.*\]: sendOffer: wanted 400; got 200",
)
class LoneSurrogatesAreDropped(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        mended = re.sub(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", b"", request.body)
        if mended != request.body:
            self.reached()
            request.body = mended
        return super()._handled(request, route, params, identity)
