"""A guard before the door bell."""

from __future__ import annotations

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Unauthorized
from reference_server.requests import Request


@mutant(
    "CORS-1",
    "a preflight needs a token",
    shows=r"a_preflight_from_an_allowed_origin_is_granted\[\w+\]: .* wanted 200 to 299; got 401",
)
class APreflightNeedsAToken(Reaching, App):
    def _options(self, request: Request) -> Response:
        if request.bearer() is None:
            self.reached()
            raise Unauthorized("A token is needed.")
        return super()._options(request)
