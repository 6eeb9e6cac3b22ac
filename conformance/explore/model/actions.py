"""What somebody does in a play of the model method: plain values that can be written down and done again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

ADVANCE = "advance"  # not an operation of the protocol: the target's clock is moved

# How an action is signed. The bad kinds are of no use anywhere; each is refused by the requirement beside it.
BAD_SIGNS = {
    "none": "AUTH-1",
    "expired": "AUTH-2",
    "tampered": "AUTH-3",
    "unsigned": "AUTH-4",
    "garbage": "AUTH-6",
}
FOREIGN = ("foreign", "simple")  # origins: a page elsewhere with all that it takes, or by a form of its own
BAD_CSRF = {
    "absent": "CSRF-1",
    "wrong": "CSRF-2",
    "empty": "CSRF-2",
    "shortened": "CSRF-2",
    "lengthened": "CSRF-2",
    "another's": "CSRF-2",
}

# What is done in a room, by the field that a message has; the mailboxes are named by it too.
POSTS = {"sendOffer": "offer", "sendAnswer": "answer"}
READS = {"getOffer": "offer", "getAnswer": "answer"}
CREATES = ("createRoom", "createPartyRoom")

# Rooms are called by labels, which their making gives: so an action left out makes no other one mean another
# room. A label that nothing was made under is a room that does not exist.
NOWHERE = "nowhere"


@dataclass(frozen=True)
class Action:
    """One step of a play.

    `room` is the label of the room that it is done in, `makes` the label that a room made by it gets,
    `parent` the label of a party's parent. `named` is the number of the one whose id the body claims, `spoof`
    that of a header that claims another address. `broken` says that the request is invalid. `details` are
    words of what a new room is: unlisted, anonymous, named, keyed. `since` says which cursor of the reader's
    is sent. `times` it is done in a row.
    """

    do: str
    who: int = 0
    room: str = ""
    makes: str = ""
    parent: str = ""
    times: int = 1
    sign: str = "plain"
    csrf: str = "own"
    origin: str = "none"
    named: int | None = None
    broken: bool = False
    spoof: int | None = None
    details: tuple[str, ...] = ()
    users: tuple[int, ...] = ()
    guests: int = 0
    since: str = "start"
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """What differs from an action that says nothing."""
        found = {part.name: getattr(self, part.name) for part in fields(self)}
        shown = {name: value for name, value in found.items() if name == "do" or value != DEFAULTS[name]}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in shown.items()}


DEFAULTS = {part.name: part.default for part in fields(Action)}


def from_json(found: Mapping[str, Any]) -> Action:
    """The action written down. Raises TypeError for what is none."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
    return Action(**values)
