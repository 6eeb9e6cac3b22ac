"""Which exchange is being answered: what a mutant's report names, so that it can be told whose it is.

The harness numbers its requests by a header; a client that sends none is answered all the same. A page whose
wrong path is taken says so by a request of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar

from reference_server.app import Reply, Response
from reference_server.requests import Request
from reference_server.serving import Application

HEADER = b"x-parley-exchange"
REACHED = "/mutant-reached"  # asked for by a wrong widget, once a page
NUMBER = re.compile(rb"[0-9]{1,12}")

# None while no request is being answered. A task that a request starts has the number of that request.
exchange: ContextVar[int | None] = ContextVar("exchange", default=None)


class Telling:
    """The application, which takes down the number of each request before it answers it."""

    def __init__(self, app: Application, page_reached: Callable[[], None]) -> None:
        self._app = app
        self._page_reached = page_reached

    @property
    def body_cap(self) -> int:
        return self._app.body_cap

    def respond(self, request: Request) -> Reply:
        sent = request.headers.get(HEADER, b"")
        exchange.set(int(sent) if NUMBER.fullmatch(sent) else None)
        if request.path == REACHED:
            self._page_reached()
            return Response(204, b"", b"")
        return self._app.respond(request)

    def malformed(self, status: int, message: str) -> Response:
        exchange.set(None)
        return self._app.malformed(status, message)

    def operation(self, request: Request) -> str:
        return self._app.operation(request)
