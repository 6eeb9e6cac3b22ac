"""Room ids of a clock and too little chance."""

from __future__ import annotations

import itertools
import secrets
import time

from reference_server.mutants import Reaching, mutant
from reference_server.state import Rooms

COUNTER = itertools.count()


@mutant(
    "ROOM-2",
    "room ids are the time in milliseconds and four random digits",
    shows="the bits of chance in a roomId: wanted at least 40; got",
)
class RoomIdsAreATime(Reaching, Rooms):
    def _new_id(self) -> str:
        self.reached()
        # The counter keeps ids apart, as a retry on a clash would.
        number = (secrets.randbelow(10) * 1000 + next(COUNTER)) % 10000
        return f"{self._rules.id_prefix}{time.time_ns() // 1_000_000}_{number:04d}"
