"""A lookup without a limit."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "VAL-17",
    "a long id in a path finds an empty box",
    shows=r"a_long_id_in_the_path_is_refused\[\w+\]: \w+: wanted 400 to 499; got 200",
)
class LongIdsAreLookedUp(Reaching, App):
    def respond(self, request: Request) -> Reply:
        if len(request.path) > 600:
            self.reached()
            return super()._response(request, 200, self._plain_fields, b'{"success": true}')
        return super().respond(request)
