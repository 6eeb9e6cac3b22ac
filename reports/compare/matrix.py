"""Requirements by runs: the matrix of classic interop reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from protocol.spec import Requirement, Spec
from reports.runs import Outcome, Run
from reports.score import NOT_OFFERED
from reports.verdicts import Verdict

ABSENT = "not in this run"
# One character for each word, so that colour is never the only carrier.
SYMBOLS = {
    Verdict.PASS.value: "✓",
    Verdict.FAIL.value: "✗",
    Verdict.INCONCLUSIVE.value: "?",
    Verdict.FLAKY.value: "≈",
    Verdict.EXPECTED_FAIL.value: "×",
    Verdict.HARNESS_ERROR.value: "!",
    Verdict.NOT_RUN.value: "·",
    Verdict.NOT_APPLICABLE.value: "–",
    Verdict.NOT_CLAIMED.value: "○",
    NOT_OFFERED: "◇",
    ABSENT: "∅",
}


@dataclass(frozen=True)
class Row:
    """One requirement in every run; a cell is None where it was not in that run."""

    requirement: Requirement
    cells: tuple[Outcome | None, ...]

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(cell.word if cell else ABSENT for cell in self.cells)

    @property
    def differs(self) -> bool:
        return len(set(self.words)) > 1

    @property
    def strip(self) -> str:
        """A character a run."""
        return "".join(SYMBOLS[word] for word in self.words)

    @property
    def by_word(self) -> dict[str, tuple[int, ...]]:
        """word -> the numbers of the runs that have it, from 1 on; the most frequent first."""
        found: dict[str, list[int]] = {}
        for number, word in enumerate(self.words, 1):
            found.setdefault(word, []).append(number)
        ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[1]))
        return {word: tuple(numbers) for word, numbers in ordered}

    @property
    def reasons(self) -> dict[str, tuple[int, ...]]:
        """reason -> the numbers of the runs that gave it, from 1 on."""
        found: dict[str, list[int]] = {}
        for number, cell in enumerate(self.cells, 1):
            if cell is not None and cell.reason:
                found.setdefault(f"{cell.word}: {cell.reason}", []).append(number)
        return {reason: tuple(numbers) for reason, numbers in found.items()}


def rows(runs: Sequence[Run], spec: Spec, *, fitness: bool = False, differs: bool = False) -> tuple[Row, ...]:
    """A row for each requirement that some run was asked, in the order of the spec."""
    outcomes = [run.fitness if fitness else run.found for run in runs]
    found = (
        Row(requirement, tuple(mine.get(name) for mine in outcomes))
        for name, requirement in spec.requirements.items()
    )
    asked = (row for row in found if any(cell is not None for cell in row.cells))
    return tuple(row for row in asked if row.differs or not differs)


def by_profile(found: Iterable[Row]) -> dict[str, list[Row]]:
    sorted_out: dict[str, list[Row]] = {}
    for row in found:
        sorted_out.setdefault(row.requirement.profile, []).append(row)
    return sorted_out


def spans(numbers: Sequence[int]) -> str:
    """Ascending numbers for reading: `1-4, 9`."""
    pieces: list[list[int]] = []
    for number in numbers:
        if pieces and number == pieces[-1][-1] + 1:
            pieces[-1].append(number)
        else:
            pieces.append([number])
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in pieces)
