"""What a crowd is to do, as data."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from e2e.options import TurnOptions

MOST_ROOMS = 400  # each takes two of the thousand relays that our own TURN server has, and a retry two more
PER_PROCESS = (
    50  # rooms: beyond that one Python process is late with what it sends (measured on two slow cores)
)


class CrowdError(Exception):
    """The crowd cannot be had as it was ordered; one line says why."""


@dataclass(frozen=True)
class Order:
    """`rooms` of two peers each are opened one after another, `per_second` of them (0: as fast as they go,
    `at_once` at a time), and stay open. Then each peer sends `messages`, one every `every_s` seconds.

    Without `target` and `target_file` the target is the embedded server, as `mutant` where one is named.
    `patience_s` bounds the opening of a room; 0 is as long as the spec has a viewer poll. `processes` 0 is as
    many as the rooms ask for. `operated`: the owner says that a target elsewhere may be sent this.
    """

    rooms: int
    target: str | None = None
    target_file: Path | None = None
    spec_dir: Path | None = None
    turn: TurnOptions = field(default_factory=TurnOptions)
    per_second: float = 4.0
    at_once: int = 8
    messages: int = 10
    every_s: float = 1.0
    patience_s: float = 0.0
    processes: int = 0
    seed: int = 0
    operated: bool = False
    mutant: str | None = None

    def __post_init__(self) -> None:
        """Raises CrowdError."""
        if not 1 <= self.rooms <= MOST_ROOMS:
            raise CrowdError(f"rooms: expected 1 to {MOST_ROOMS}, got {self.rooms}")
        if self.per_second < 0 or self.at_once < 1:
            raise CrowdError("per_second: expected 0 (no limit) or more, and at_once at least 1")
        if self.messages < 1 or self.every_s <= 0:
            raise CrowdError("messages: expected at least one of each peer, and seconds between them")

    @property
    def workers(self) -> int:
        """How many processes share the rooms."""
        wanted = self.processes or min(os.cpu_count() or 1, -(-self.rooms // PER_PROCESS))
        return min(wanted, self.rooms)


@dataclass(frozen=True)
class Share:
    """What one worker does: the rooms with these numbers, for which it has two `people` each."""

    number: int
    rooms: tuple[int, ...]
    people: tuple[Person, ...]


@dataclass(frozen=True)
class Person:
    """A token that was minted by the run, and what relays its owner; None: the target tells that."""

    user: str
    token: str = field(repr=False)
    csrf: str | None = field(repr=False)
    ice_servers: tuple[dict[str, object], ...] | None = field(repr=False)
