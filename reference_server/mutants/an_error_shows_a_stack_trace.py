"""An error that says too much."""

from __future__ import annotations

import json

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "ERR-5", "a 400 shows where in the source it was made", shows="shows a Python traceback: .*File .*app.py"
)
class AnErrorShowsAStackTrace(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 400:
            self.reached()
            told = json.loads(body)
            told["details"] = {**told.get("details", {}), "at": 'File "app.py", line 212, in _body'}
            body = json.dumps(told).encode()
        return super()._response(request, status, fields, body)
