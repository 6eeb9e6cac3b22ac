"""What a reproduction is made from: a complaint about an answer, and the exchanges that led to it. Values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reports.runlog import Record


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one answer.

    `where` it stands: `status`, `header NAME`, `body`, `body.room.participantCount`, or `answer` where no
    one place shows it. `predicate` and `arguments` are protocol.judge's for what stands there, so that a
    script can ask again; the predicate is empty where only words can tell. `requirement` is None where none
    fits.
    """

    requirement: str | None
    where: str
    wanted: str
    got: str
    predicate: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return f"wanted {self.wanted}, got {self.got}"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a target: `what` was being done, in a few words, and by what it was found.

    `exchanges` are transcript records (redacted) and pauses, the last of which the complaint is about;
    `sentence` is the requirement's, empty where none fits.
    """

    what: str
    found_by: str
    complaint: Complaint
    sentence: str
    exchanges: Sequence[Record]


@dataclass(frozen=True)
class Forms:
    """A fault told and played again: for reading, for a shell, for pytest."""

    conversation: str
    curl: str
    test: str
