"""Room ids that can be guessed."""

from __future__ import annotations

import itertools

from reference_server.mutants import Reaching, mutant
from reference_server.state import Rooms

COUNTER = itertools.count(100000)


@mutant("ROOM-2", "room ids are a counter", shows="the bits of chance in a roomId: wanted at least 40; got")
class RoomIdsAreACounter(Reaching, Rooms):
    def _new_id(self) -> str:
        self.reached()
        return f"{self._rules.id_prefix}{next(COUNTER)}"
