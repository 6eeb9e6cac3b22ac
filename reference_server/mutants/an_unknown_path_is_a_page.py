"""An error page."""

from __future__ import annotations

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import NotFound
from reference_server.requests import Request


@mutant(
    "ERR-1",
    "an unknown path is answered with a page",
    shows="an_unknown_path_is_a_json_404",
    also=["ERR-4"],
    why_also="a page is no error of either shape",
)
class AnUnknownPathIsAPage(Reaching, App):
    def _refused(self, request: Request, error: Exception) -> Response:
        if isinstance(error, NotFound) and "path" in str(error):
            self.reached()
            return self._response(request, 404, b"content-type: text/html\r\n", b"<h1>Not found</h1>")
        return super()._refused(request, error)
