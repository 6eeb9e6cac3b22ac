"""A file whose type the server does not know."""

from __future__ import annotations

from reference_server.delivery import Delivery
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-1",
    "modules are sent as octet streams, which no browser runs",
    shows="the media type of /v1/chat-widget.esm.js: wanted",
)
class ModulesAreOctetStreams(Reaching, Delivery):
    def _type(self, name: str) -> str:
        if name != self._facts["files"]["module"]:
            return super()._type(name)
        self.reached()
        return "application/octet-stream"
