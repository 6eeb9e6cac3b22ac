"""The history as pages that load nothing and run no script: an index of targets, and a page for each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol.spec import Spec
from reports import pages
from reports.charts import Chart, Line
from reports.compare.changes import Kind
from reports.history import sparks, trends
from reports.history.store import Entry
from reports.history.trends import Trend
from reports.runs import MINUTES

NIGHTS = 60  # runs with changes that are listed
MARKS = 6  # places named in a chart
NAME_CHARS = 40
FILTERS: Mapping[str, Callable[..., Any]] = {"strip": sparks.strip, "spark": sparks.line}


@dataclass(frozen=True)
class History:
    """All runs of one target, the oldest first; there is at least one."""

    target: str
    entries: Sequence[Entry]

    @property
    def file(self) -> str:
        """The name of its page: readable where the target's is, and no path whatever it is called."""
        slug = re.sub("[^a-z0-9]+", "-", self.target.lower()).strip("-")[:NAME_CHARS] or "target"
        return f"{slug}-{hashlib.sha256(self.target.encode(errors='backslashreplace')).hexdigest()[:8]}.html"

    @property
    def last(self) -> Entry:
        return self.entries[-1]

    @property
    def scores(self) -> list[float | None]:
        """Of the server. A run that was narrowed has a score of something else: none here."""
        return [None if entry.narrowed else entry.score for entry in self.entries]

    @property
    def levels(self) -> dict[str, list[str]]:
        """level -> a word a run."""
        names = dict.fromkeys(name for entry in self.entries for name in entry.levels)
        return {name: [level_word(entry, name) for entry in self.entries] for name in names}

    def when(self, number: int | None) -> str:
        """The day of a run, with the minute where it is asked of the same day twice."""
        return "" if number is None else self.entries[number].started[:10]

    def minute(self, number: int) -> str:
        return self.entries[number].started[:MINUTES].replace("T", " ")


def level_word(entry: Entry, name: str) -> str:
    if name not in entry.levels:
        return "not asked"
    reached, provisional = entry.levels[name]
    return "not reached" if not reached else "provisionally" if provisional else "reached"


def write(histories: Sequence[History], spec: Spec, folder: Path) -> Path:
    """index.html and a page for each target. Returns the index. Raises OSError."""
    index = pages.write(pages.render("history_index.html", FILTERS, histories=histories), folder)
    for history in histories:
        (folder / history.file).write_text(target_page(history, spec), encoding="utf-8")
    return index


def target_page(history: History, spec: Spec) -> str:
    found = trends.trends(history.entries, spec)
    fitness = trends.trends(history.entries, spec, fitness=True)
    return pages.render(
        "history_target.html",
        FILTERS,
        history=history,
        charts=[chart for chart in (*_scores(history), *_loads(history)) if not chart.empty],
        notable=[trend for trend in found if trend.notable],
        sections=[*_by_profile(found).items(), *([("fitness", fitness)] if fitness else [])],
        nights=trends.nights(history.entries)[:NIGHTS],
        kinds=list(Kind),
        definition=trends.DEFINITION,
        turns=_turns(history),
    )


def _by_profile(found: Sequence[Trend]) -> Mapping[str, list[Trend]]:
    sorted_out: dict[str, list[Trend]] = {}
    for trend in found:
        sorted_out.setdefault(trend.requirement.profile, []).append(trend)
    return sorted_out


def _turns(history: History) -> list[tuple[int, str]]:
    """Where the judge changed, and not the target."""
    entries = history.entries
    found = trends.turns(entries, lambda entry: f"Parley {entry.suite}")
    found += trends.turns(entries, lambda entry: f"spec {entry.spec_version} ({entry.spec_hash[:8]})")
    return sorted(found + trends.turns(entries, lambda entry: f"{entry.clock} time"))


def _scores(history: History) -> list[Chart]:
    """Not from zero on: what moves in a score is a part of a hundred."""
    xs, unit = trends.times(history.entries)
    clients = [None if entry.narrowed else entry.client_score for entry in history.entries]
    at = [(text, xs[number]) for number, text in _turns(history)[-MARKS:]]
    return [
        Chart(title, "% of the weights", xs, [Line(name, values)], at=at, zero=False, across=unit)
        for title, name, values in (
            ("Score", "server", history.scores),
            ("Score of the widget", "widget", clients),
        )
    ]


def _loads(history: History) -> list[Chart]:
    """Of each load profile that was run beside the checks: latency and requests."""
    xs, unit = trends.times(history.entries)
    names = dict.fromkeys(load.profile for entry in history.entries for load in entry.loads)
    found = []
    for name in names:
        mine = [next((x for x in entry.loads if x.profile == name), None) for entry in history.entries]
        reads = Line("reads", [x.reads_p95 if x else None for x in mine])
        writes = Line("writes", [x.writes_p95 if x else None for x in mine])
        rate = Line("requests", [x.per_second if x else None for x in mine])
        found.append(Chart(f"p95 under the load {name}", "ms", xs, [reads, writes], across=unit))
        found.append(Chart(f"Requests under the load {name}", "per second", xs, [rate], across=unit))
    return found
