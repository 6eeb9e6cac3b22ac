"""The ICE candidates of one room: an append-only log with cursors, of which the newest are kept.

A cursor counts the candidates before it. It is opaque to clients; here it is checked, never trusted.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reference_server.refusal import Invalid

START = "0"
CURSOR = re.compile(r"0|[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One candidate. `item` is what the others see of it, but for who sent it."""

    number: int
    sender: str
    item: Mapping[str, Any]


class CandidateLog:
    """The candidates of one room, in the order in which they came."""

    def __init__(self, kept: int) -> None:
        self._log: deque[Candidate] = deque(maxlen=kept)
        self._count = 0

    def add(self, sender: str, item: Mapping[str, Any]) -> None:
        self._count += 1
        self._log.append(Candidate(self._count, sender, item))

    def since(self, cursor: str, reader: str) -> tuple[list[Candidate], str]:
        """What the others sent since the cursor, and the cursor to come back with.

        With nothing new the cursor comes back as it was. Raises Invalid for one that was never given out.
        """
        if CURSOR.fullmatch(cursor) is None or int(cursor) > self._count:
            raise Invalid("since: is no cursor of this room", field="since")
        start = int(cursor)
        found = [one for one in self._log if one.number > start and one.sender != reader]
        return found, str(found[-1].number) if found else cursor

    def __len__(self) -> int:
        return len(self._log)
