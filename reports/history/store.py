"""The history as a SQLite file: runs and their verdicts, each run once. No judging here, and no trends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reports.evidence import plain
from reports.runs import Load, Outcome, Run
from reports.verdicts import Verdict

VERSION = 1
APPLICATION = 0x5061726C  # "Parl": SQLite keeps it in the file's header, so that a foreign file is known
BUSY_S = 30.0  # how long to wait for somebody else who adds
TABLES = """
CREATE TABLE run (
  id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, started TEXT NOT NULL, target TEXT NOT NULL,
  base_url TEXT NOT NULL, suite TEXT NOT NULL, spec_version TEXT NOT NULL, spec_hash TEXT NOT NULL,
  clock TEXT NOT NULL, seconds REAL NOT NULL, narrowed INTEGER NOT NULL, exit_code INTEGER NOT NULL,
  score REAL, client_score REAL, UNIQUE (run_id, started)
);
CREATE INDEX run_of_target ON run (target, started);
CREATE TABLE verdict (
  run INTEGER NOT NULL REFERENCES run, fitness INTEGER NOT NULL, requirement TEXT NOT NULL,
  verdict TEXT NOT NULL, word TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (run, fitness, requirement)
) WITHOUT ROWID;
CREATE TABLE level (
  run INTEGER NOT NULL REFERENCES run, name TEXT NOT NULL, reached INTEGER NOT NULL,
  provisional INTEGER NOT NULL, UNIQUE (run, name)
);
CREATE TABLE load (
  run INTEGER NOT NULL REFERENCES run, profile TEXT NOT NULL, per_second REAL NOT NULL,
  errors INTEGER NOT NULL, reads_p95 REAL, writes_p95 REAL
);
CREATE INDEX load_of_run ON load (run);
"""


class HistoryError(Exception):
    """The history cannot be used, or a run not be added; the message says which file and why."""


@dataclass
class Entry:
    """One run as the history has it. `levels`: name -> reached, provisionally."""

    run_id: str
    started: str
    suite: str
    spec_version: str
    spec_hash: str
    clock: str
    narrowed: bool
    exit_code: int
    score: float | None
    client_score: float | None
    levels: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    found: dict[str, Outcome] = field(default_factory=dict)
    fitness: dict[str, Outcome] = field(default_factory=dict)
    loads: list[Load] = field(default_factory=list)


def add(path: Path, runs: Sequence[Run]) -> list[bool]:
    """Adds them all or none; for each whether it was new. Text is kept as `plain` has it.

    Raises HistoryError where one is no whole result, or had a budget, or the file cannot be used.
    """
    for run in runs:
        if run.not_a_result():
            raise HistoryError(f"run {run.run_id}: {run.not_a_result()}; nothing was added")
        if run.budget_text:  # its score and levels are of what there was time for, and no part of a trend
            raise HistoryError(f"run {run.run_id}: it {run.budget_text}; nothing was added")
    with _asked(path), closing(_connected(path)) as database, database:
        # At once for writing: two that add wait for one another here, and not in the middle.
        database.execute("BEGIN IMMEDIATE")
        if _is_new(database):
            _create(database)
        _check(database, path)
        return [_insert(database, run) for run in runs]


def targets(path: Path) -> list[str]:
    """The names of all targets, the one last run first. Raises HistoryError."""
    with _asked(path), closing(_opened(path)) as database:
        rows = database.execute("SELECT target FROM run GROUP BY target ORDER BY max(started) DESC, target")
        return [name for (name,) in rows]


def entries(path: Path, target: str) -> list[Entry]:
    """Every run of the target, the oldest first; reasons are there for the last one alone.

    Raises HistoryError.
    """
    with _asked(path), closing(_opened(path)) as database:
        rows = database.execute(
            "SELECT id, run_id, started, suite, spec_version, spec_hash, clock, narrowed, exit_code, score, "
            "client_score FROM run WHERE target = ? ORDER BY started, id",
            (target,),
        )
        found = {number: _entry(row) for number, *row in rows}
        _fill(database, target, found)
        return list(found.values())


def _entry(row: Sequence[Any]) -> Entry:
    run_id, started, suite, version, digest, clock, narrowed, exit_code, score, client_score = row
    return Entry(
        run_id, started, suite, version, digest, clock, bool(narrowed), exit_code, score, client_score
    )


def _fill(database: sqlite3.Connection, target: str, found: Mapping[int, Entry]) -> None:
    last = max(found, key=lambda number: (found[number].started, number), default=None)
    mine = "JOIN run ON run.id = run WHERE target = ?"
    same: dict[tuple[str, str, str], Outcome] = {}  # most outcomes are one of a few: one object for each
    rows = database.execute(
        f"SELECT run, fitness, requirement, verdict, word, CASE WHEN run = ? THEN reason ELSE '' END "  # noqa: S608
        f"FROM verdict {mine}",
        (last, target),
    )
    for number, fitness, name, *outcome in rows:
        key = (outcome[0], outcome[1], outcome[2])
        if key not in same:
            same[key] = Outcome(Verdict(key[0]), key[1], key[2])
        (found[number].fitness if fitness else found[number].found)[name] = same[key]
    for number, name, reached, provisional in database.execute(
        f"SELECT run, name, reached, provisional FROM level {mine} ORDER BY level.rowid",  # noqa: S608
        (target,),
    ):
        found[number].levels[name] = (bool(reached), bool(provisional))
    for number, *figures in database.execute(
        f"SELECT run, profile, per_second, errors, reads_p95, writes_p95 FROM load {mine}",  # noqa: S608
        (target,),
    ):
        found[number].loads.append(Load(*figures))


def _insert(database: sqlite3.Connection, run: Run) -> bool:
    texts = (run.run_id, run.started, run.target, run.base_url, run.suite, run.spec_version, run.spec_hash)
    numbers = (run.seconds, run.narrowed, run.exit_code, run.score, run.client_score)
    done = database.execute(
        "INSERT INTO run (run_id, started, target, base_url, suite, spec_version, spec_hash, clock, seconds, "
        "narrowed, exit_code, score, client_score) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
        (*(plain(text) for text in texts), plain(run.clock), *numbers),
    )
    if done.rowcount == 0:
        return False
    number = done.lastrowid
    for fitness, outcomes in ((False, run.found), (True, run.fitness)):
        database.executemany(
            "INSERT INTO verdict VALUES (?,?,?,?,?,?)",
            [(number, fitness, n, o.verdict.value, o.word, plain(o.reason)) for n, o in outcomes.items()],
        )
    database.executemany(
        "INSERT INTO level VALUES (?,?,?,?)",
        [(number, level.name, level.reached, bool(level.provisional)) for level in run.levels],
    )
    database.executemany(
        "INSERT INTO load VALUES (?,?,?,?,?,?)",
        [(number, plain(x.profile), x.per_second, x.errors, x.reads_p95, x.writes_p95) for x in run.loads],
    )
    return True


@contextmanager
def _asked(path: Path) -> Iterator[None]:
    """Whatever SQLite says becomes one line of ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise HistoryError(f"{path}: cannot be used: {error}") from None
    except sqlite3.DatabaseError as error:
        raise HistoryError(f"{path}: no history, or a damaged one: {error}") from None
    except (ValueError, TypeError, KeyError) as error:
        raise HistoryError(f"{path}: a damaged history: {error}") from None
    except OSError as error:
        raise HistoryError(f"{path}: cannot be used: {error.strerror}") from None


def _connected(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)


def _opened(path: Path) -> sqlite3.Connection:
    """To read only."""
    if not path.exists():
        raise HistoryError(f"{path}: no such history; parley history add RUN makes one")
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
    try:
        _check(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _is_new(database: sqlite3.Connection) -> bool:
    return not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _create(database: sqlite3.Connection) -> None:
    for statement in TABLES.split(";")[:-1]:
        database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    database.execute(f"PRAGMA user_version = {VERSION}")


def _check(database: sqlite3.Connection, path: Path) -> None:
    """That it is a history, and of a version that we know."""
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise HistoryError(f"{path}: a SQLite file, but no history of Parley's")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise HistoryError(f"{path}: a history of version {version}; this Parley knows {VERSION}")
