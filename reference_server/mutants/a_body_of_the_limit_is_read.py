"""A limit that is one too high."""

from __future__ import annotations

from typing import Any

from reference_server.app import App, Reply
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "VAL-9",
    "a body of exactly the limit is read, and taken for an empty object",
    shows="createRoom with a body of 1048576 bytes: wanted 400 or 413; got 200",
)
class ABodyOfTheLimitIsRead(Reaching, App):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._limit = self.body_cap
        self.body_cap += 1

    def respond(self, request: Request) -> Reply:
        if len(request.body) == self._limit:
            self.reached()
            return self._response(request, 200, self._plain_fields, b'{"success": true}')
        return super().respond(request)
