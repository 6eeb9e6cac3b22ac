"""A name for a page."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-11",
    "userName may be markup",
    shows=r"joinRoom with userName '<script>alert\(1\)</script>': wanted 400; got 200",
    also=["VAL-4"],
    why_also="markup violates the pattern of a name",
)
class MarkupIsLetIn(Relaxed):
    body_of = "joinRoom"

    def change(self, schema: Json) -> None:
        property_of(schema, "userName").pop("pattern")
