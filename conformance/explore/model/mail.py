"""What lies in a room's boxes and in its candidates, as far as its people can know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.explore.model.moments import Span


@dataclass(frozen=True)
class Mail:
    """A message as posted. `named` says that its body claimed to be somebody else's."""

    text: str
    sender: int
    at: Span
    named: bool = False
    replaced: bool = False  # another lay unread where it was put


@dataclass
class Box:
    """One box: the newest unread message. Where it is not `sure`, the message may be gone already.

    `emptied` says how it became empty; `older` are the texts that were in it before. `touched` are the
    requirements of what was done since and must not have taken the message away; `forbidden` texts must never
    have come in, by those requirements.
    """

    kind: str
    mail: Mail | None = None
    sure: bool = True
    emptied: str = "never"
    older: dict[str, str] = field(default_factory=dict)
    touched: list[str] = field(default_factory=list)
    forbidden: dict[str, str] = field(default_factory=dict)

    def put(self, text: str, sender: int, at: Span, named: bool) -> None:
        if self.mail is not None:
            self.older[self.mail.text] = "replaced"
        self.mail = Mail(text, sender, at, named, self.mail is not None)
        self.sure = True
        self.touched.clear()

    def empty(self, how: str) -> None:
        if self.mail is not None:
            self.older[self.mail.text] = how
            self.emptied = how
        self.mail = None

    def sender_left(self, person: int) -> None:
        """Whether the mail of one who has left is still there, the protocol does not say."""
        if self.mail is not None and self.mail.sender == person:
            self.sure = False


@dataclass
class Candidates:
    """The candidates of a room in the order in which they came, and the cursors that its people hold."""

    items: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    cursors: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    unsure: bool = False  # which are there is not known

    def add(self, sender: int, item: Mapping[str, Any]) -> None:
        self.items.append((sender, item))

    def cursor(self, reader: int, which: str) -> tuple[str | None, int]:
        """A cursor that the reader was given, and how many candidates came before it."""
        held = self.cursors.get(reader, [])
        if which == "start" or not held:
            return None, 0
        return held[-1] if which == "last" else held[len(held) // 2]

    def after(self, place: int, reader: int) -> list[tuple[int, Mapping[str, Any]]]:
        """What comes after that place for this reader, each with its own place behind it."""
        return [
            (number + 1, item)
            for number, (sender, item) in enumerate(self.items)
            if number >= place and sender != reader
        ]

    def gave(self, reader: int, cursor: str, place: int) -> None:
        held = self.cursors.setdefault(reader, [])
        if not held or held[-1] != (cursor, place):
            held.append((cursor, place))


def page_of(found: Sequence[Any], wanted: Sequence[Mapping[str, Any]], droppable: int) -> int | None:
    """How many of the wanted lines stand at the head of what was found, in order and each once; as many from
    the start as are `droppable` may be missing. None where it is no such page.
    """
    lines = [item.get("candidate") if isinstance(item, Mapping) else item for item in found]
    for skipped in range(min(droppable, len(wanted)) + 1):
        rest = [head(item["candidate"]) for item in wanted[skipped:]]
        if (lines or not rest) and [head(line) for line in lines] == rest[: len(lines)]:
            return skipped + len(lines)
    return None


def head(line: Any) -> Any:
    """A candidate line up to its related address, which may be stripped."""
    return line.partition(" raddr")[0] if isinstance(line, str) else line
