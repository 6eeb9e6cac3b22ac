"""An error page with a guest."""

from __future__ import annotations

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "VAL-11",
    "the refusal of markup is a page that shows it",
    shows="the Content-Type of the refusal: wanted nothing with 'html' in it; got 'text/html'",
    also=["ERR-4"],
    why_also="a page is no error of either shape",
)
class RefusedMarkupIsShownAsHtml(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 400 and b"<script>" in request.body:
            self.reached()
            fields = fields.replace(b"application/json", b"text/html")
            body = request.body
        return super()._response(request, status, fields, body)
