"""A preflight that lets a page write, but not as anybody."""

from __future__ import annotations

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request

LINE = b"access-control-allow-credentials: true\r\n"


@mutant(
    "CORS-2",
    "a preflight carries no Access-Control-Allow-Credentials",
    shows="Access-Control-Allow-Credentials of a preflight: wanted 'true'; got None",
)
class APreflightAllowsNoCredentials(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        found = super()._response(request, status, fields, body)
        if request.method == "OPTIONS" and LINE in found.fields:
            self.reached()
            return Response(found.status, found.fields.replace(LINE, b""), found.body)
        return found
