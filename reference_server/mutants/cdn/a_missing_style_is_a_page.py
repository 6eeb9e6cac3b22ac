"""What an application of one page answers for every path."""

from __future__ import annotations

from reference_server.app import Response
from reference_server.delivery import Delivery, Place
from reference_server.http1 import lines
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "CDN-1",
    "the style of latest is answered by a page that says it is not there",
    shows="the media type of /latest/chat-widget.css: wanted",
    also=["CDN-2", "CDN-4", "CDN-8"],
    why_also="what is said of a page is not what is said of the style",
)
class AMissingStyleIsAPage(Reaching, Delivery):
    async def respond(self, request: Request, place: Place) -> Response:
        if place != Place(self._facts["latest"], self._facts["files"]["style"]):
            return await super().respond(request, place)
        self.reached()
        fields = lines([*self._common(place), (b"content-type", b"text/html; charset=utf-8")])
        return Response(200, fields, b"<!doctype html><title>Not found</title>")
