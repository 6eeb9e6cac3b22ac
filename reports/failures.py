"""What the page of a failure shows: the checks that did not pass, their exchanges, files and reproduction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from reports import evidence
from reports.evidence import Evidence
from reports.reproduction import of_check
from reports.reproduction.of_check import Reproduction
from reports.runlog import Record
from reports.score import Finding, Report
from reports.sequence import Diagram

WHOLE = 2  # checks shown with all that is known of them
NAMED = 60  # others in a line each
# Exchanges in the wire log of a page's first check and of each other, so that it stays small whatever came.
EXCHANGES, OF_OTHERS = 16, 4
AFTER = 2  # of them behind the one that decided: they only tidy up
FILES = 40
OWN = "\nROUNDS: "  # where in a test file its own part begins; what is before it is the player
IMAGES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Artefacts:
    """Files that peers and browsers left, each with the way to it and its name; `more` are not listed."""

    images: Sequence[tuple[str, str]]
    others: Sequence[tuple[str, str]]
    more: int


@dataclass(frozen=True)
class Part:
    """One check that did not pass."""

    evidence: Evidence
    diagram: Diagram
    exchanges: Sequence[Record]  # of the wire log
    before: int
    after: int
    artefacts: Artefacts | None


@dataclass(frozen=True)
class Failure:
    """One requirement that is red. `others` are checks in a line each, `more` those with no room for it."""

    finding: Finding
    parts: Sequence[Part]
    others: Sequence[Evidence]
    more: int
    reproduction: Reproduction

    @property
    def images(self) -> bool:
        return any(part.artefacts and part.artefacts.images for part in self.parts)

    @property
    def values(self) -> dict[str, Any]:
        """What the template shows."""
        made = self.reproduction
        own = made.test[made.test.index(OWN) + 1 :] if made.test else ""
        shown = {"script": made.curl, "test": own, "why_not": made.why_not, "images": self.images}
        return {
            "finding": self.finding,
            "parts": self.parts,
            "others": self.others,
            "more": self.more,
            **shown,
        }


def of(finding: Finding, report: Report) -> Failure:
    """All that the page of this finding shows."""
    pieces = evidence.of_finding(finding, report.log)
    rest = pieces[WHOLE:]
    return Failure(
        finding,
        [_part(piece, number) for number, piece in enumerate(pieces[:WHOLE], 1)],
        rest[:NAMED],
        max(0, len(rest) - NAMED),
        of_check.of(finding.worst, report.log, finding.requirement),
    )


def _part(piece: Evidence, number: int) -> Part:
    ids = [exchange["id"] for exchange in piece.exchanges]
    deciding = piece.record.get("exchange")
    end = ids.index(deciding) + 1 if deciding in ids else len(ids)
    last = min(len(ids), end + AFTER)
    first = max(0, last - (EXCHANGES if number == 1 else OF_OTHERS))
    return Part(
        piece,
        Diagram(piece.exchanges[:end], deciding),
        piece.exchanges[first:last],
        first,
        len(ids) - last,
        _artefacts(piece.record.get("artifacts", ())),
    )


def _artefacts(names: Sequence[str]) -> Artefacts | None:
    """Only what is inside the run's folder."""
    inside = [name for name in names if not name.startswith("/") and ".." not in PurePosixPath(name).parts]
    links = [(quote(name), name) for name in inside[:FILES]]
    if not links:
        return None
    images = [link for link in links if link[1].lower().endswith(IMAGES)]
    return Artefacts(images, [link for link in links if link not in images], len(inside) - len(links))
