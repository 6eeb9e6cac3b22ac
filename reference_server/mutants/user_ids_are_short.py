"""A limit of somebody else."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-5",
    "a user id may have 64 characters",
    shows="createRoom: wanted 200 .* got 400 .*broadcasterId: has more than 64 characters",
)
class UserIdsAreShort(Relaxed):
    body_of = "createRoom"

    def change(self, schema: Json) -> None:
        property_of(schema, "broadcasterId")["maxLength"] = 64
