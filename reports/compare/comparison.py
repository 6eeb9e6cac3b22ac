"""What is shown of a comparison: which kind it is, and what one must know before reading it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from protocol.spec import Spec
from reports.compare.changes import Change, changes
from reports.compare.matrix import Row, rows, spans
from reports.runs import Run, RunError, labels

IDS = 8  # named in a note


@dataclass(frozen=True)
class Comparison:
    """`as_changes`: two runs, earlier and later, told by what changed; else all in a matrix."""

    runs: tuple[Run, ...]
    spec: Spec
    as_changes: bool
    differs: bool = False

    @cached_property
    def labels(self) -> list[str]:
        return labels(self.runs)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        return changes(self.runs[0].found, self.runs[-1].found) if self.as_changes else ()

    @cached_property
    def fitness_changes(self) -> tuple[Change, ...]:
        """What two peers of our own found of the signaling; apart, for it counts in no score."""
        return changes(self.runs[0].fitness, self.runs[-1].fitness) if self.as_changes else ()

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        return rows(self.runs, self.spec, differs=self.differs)

    @cached_property
    def fitness_rows(self) -> tuple[Row, ...]:
        return rows(self.runs, self.spec, fitness=True, differs=self.differs)

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """The levels of the spec that some run was asked."""
        asked = {level.name for run in self.runs for level in run.levels}
        return tuple(level.name for level in self.spec.levels if level.name in asked)

    @cached_property
    def moved(self) -> tuple[str, ...]:
        """Score and levels that are not as they were, in words; the reasons are the changes."""
        before, after = self.runs[0], self.runs[-1]
        pairs = [("Score", before.score_text, after.score_text)]
        pairs += [(name, level_word(before, name), level_word(after, name)) for name in self.levels]
        return tuple(f"{name}: {old} → {new}" for name, old, new in pairs if old != new)

    @cached_property
    def unchanged(self) -> int:
        """How many requirements of both runs are as they were."""
        both = self.runs[0].found.keys() & self.runs[-1].found.keys()
        return len(both - {change.id for change in self.changes})

    @cached_property
    def notes(self) -> tuple[str, ...]:
        return tuple(_notes(self.runs, self.spec))


def compared(
    runs: Sequence[Run], spec: Spec, *, as_changes: bool | None = None, differs: bool = False
) -> Comparison:
    """Two runs of one target are told by what changed, others in a matrix; `as_changes` decides otherwise.

    Raises RunError for fewer than two runs, and where changes are asked of more than two.
    """
    if len(runs) < 2:
        raise RunError("there is one run; expected two or more to compare")
    if as_changes and len(runs) != 2:
        raise RunError(f"changes are between two runs; got {len(runs)}")
    same = len(runs) == 2 and runs[0].target == runs[1].target
    return Comparison(tuple(runs), spec, same if as_changes is None else as_changes, differs)


def level_word(run: Run, name: str) -> str:
    """How this run stands to a level."""
    level = next((one for one in run.levels if one.name == name), None)
    if level is None:
        return "not asked"
    return "not reached" if not level.reached else "provisionally" if level.provisional else "reached"


def _notes(runs: Sequence[Run], spec: Spec) -> list[str]:
    """What makes the runs less than comparable. Each is said, none is smoothed over."""
    found = []
    if len({(run.run_id, run.started) for run in runs}) < len(runs):
        found.append("the same run is here more than once")
    if len(runs) == 2 and runs[0].started > runs[1].started:
        found.append("run 1 is the later one: what is told as a change went the other way")
    if len({run.target for run in runs}) > 1 and len(runs) == 2:
        found.append("the runs are of different targets")
    hashes = _differing(runs, "spec", lambda run: _spec_text(run.spec_version, run.spec_hash))
    shown = _spec_text(spec.version, spec.hash)
    if hashes:
        found.append(f"{hashes}; all are shown by the spec {shown}")
    elif runs[0].spec_hash != spec.hash:
        judged = _spec_text(runs[0].spec_version, runs[0].spec_hash)
        found.append(f"the runs were judged by the spec {judged}, and are shown by {shown}")
    shared = frozenset.intersection(*(frozenset(run.claims) for run in runs))
    found += filter(
        None,
        (
            _differing(runs, "claims", lambda run: _claims(run, shared)),
            _differing(runs, "clock", lambda run: f"{run.clock} time"),
            _differing(runs, "longest wait", lambda run: f"{run.options['max_wait']:g} s"),
            _differing(runs, "gentle", lambda run: "yes" if run.options["gentle"] else "no"),
            _differing(runs, "Parley", lambda run: run.suite),
        ),
    )
    for number, run in enumerate(runs, 1):
        if run.narrowed:
            count = len(run.found)
            found.append(f"run {number} was narrowed to {count} requirement{'s' if count != 1 else ''}")
        if run.budget_text:
            found.append(f"run {number} {run.budget_text}")
        if run.not_a_result():
            found.append(f"run {number}: {run.not_a_result()}")
        if run.unknown:
            more = f" and {len(run.unknown) - IDS} more" if len(run.unknown) > IDS else ""
            found.append(
                f"run {number} has ids that this spec does not: {', '.join(run.unknown[:IDS])}{more}"
            )
    return found


def _spec_text(version: str, digest: str) -> str:
    return f"{version} ({digest[:8]})"


def _claims(run: Run, shared: Collection[str]) -> str:
    """Claims as what goes beyond those that all runs share."""
    more = [name for name in run.claims if name not in shared]
    return f"those of all and {', '.join(more)}" if more else "no more than all"


def _differing(runs: Sequence[Run], name: str, text: Callable[[Run], str]) -> str:
    """`clock: real time (run 1, 3); control time (run 2)`; empty where all runs agree."""
    found: dict[str, list[int]] = {}
    for number, run in enumerate(runs, 1):
        found.setdefault(text(run), []).append(number)
    if len(found) < 2:
        return ""
    said = (f"{value} (run {spans(numbers)})" for value, numbers in found.items())
    return f"{name}: {'; '.join(said)}"
