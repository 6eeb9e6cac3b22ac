"""A business card."""

from __future__ import annotations

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "HDR-5",
    "a header tells the version of the software",
    shows=r"software versions in the 200 of listRooms: wanted nothing; got \['X-Powered-By: Parley",
)
class TheServerTellsItsVersion(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        self.reached()
        return super()._response(request, status, fields + b"x-powered-by: Parley/0.1.0\r\n", body)
