"""A limit that is not there."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant("VAL-3", "a roomId has no limit", shows="joinRoom with a bad roomId: wanted 400; got 404")
class RoomIdsMayBeLong(Relaxed):
    body_of = "joinRoom"

    def change(self, schema: Json) -> None:
        del property_of(schema, "roomId")["maxLength"]
