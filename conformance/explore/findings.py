"""What exploring finds: a fault of the target, and how to find it again. Values, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from protocol.spec import Spec
from reports.reproduction.fault import Complaint, Fault

Record = dict[str, Any]
SENT_BACK_CHARS = 1000  # of an id or a cursor that a target gives: what is longer is not sent back


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the target, found by a method.

    `exchanges` are transcript records (redacted), the last of which the complaint is about. `replay` is plain
    JSON: what the method needs to do the same again. `what` says in a few words what was being done; findings
    alike in requirement, operation, place and `what` are one.
    """

    method: str
    what: str
    operation: str
    complaint: Complaint
    exchanges: Sequence[Record] = ()
    replay: Mapping[str, Any] = field(default_factory=dict)
    minimal: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        complaint = self.complaint
        return (complaint.requirement or "", self.operation, complaint.where, self.what)

    def fault(self, spec: Spec) -> Fault:
        """What a script is made from."""
        requirement = self.complaint.requirement
        sentence = " ".join(spec.requirement(requirement).sentence.split()) if requirement else ""
        return Fault(self.what, self.method, self.complaint, sentence, self.exchanges)

    @property
    def about(self) -> dict[str, Any]:
        """What stands as `about` in its replay, so that it is told from others when it is done again."""
        return {"requirement": self.complaint.requirement, "where": self.complaint.where}


def is_about(complaint: Complaint, replay: Mapping[str, Any]) -> bool:
    """Whether the complaint is what the replay was kept for; one that says nothing of that takes any."""
    about = replay.get("about")
    if not isinstance(about, Mapping):
        return True
    return (complaint.requirement, complaint.where) == (about.get("requirement"), about.get("where"))


@dataclass
class Covered:
    """What a method did, for the summary: `cases` tried, `requests` sent, notes in words of its own."""

    cases: int = 0
    requests: int = 0
    accepted: dict[str, int] = field(default_factory=dict)  # authenticated 2xx by operation
    notes: list[str] = field(default_factory=list)
