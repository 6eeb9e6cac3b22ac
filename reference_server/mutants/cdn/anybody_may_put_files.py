"""A bucket that takes whatever comes."""

from __future__ import annotations

from reference_server.app import Response
from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request

UNKNOWN = ""


@mutant(
    "CDN-3",
    "files may be put into the folder of a version",
    shows="PUT /v1.0.0/parley-",
)
class AnybodyMayPutFiles(Reaching, Delivery):
    def place(self, path: str) -> Place | None:
        found = super().place(path)
        return Place(self._facts["latest"], UNKNOWN) if found is None and self._in_a_folder(path) else found

    def _in_a_folder(self, path: str) -> bool:
        return f"{path.rpartition('/')[0]}/" in self._folders

    async def respond(self, request: Request, place: Place) -> Response:
        if place.name != UNKNOWN:
            return await super().respond(request, place)
        if request.method != "PUT":
            return self._text(404, "There is nothing here.")
        self.reached()
        return Response(201, b"", b"")
