"""A comparison as JSON, for programs. Its schema is reports/schemas/compare.schema.json."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reports.compare.changes import Change
from reports.compare.comparison import Comparison
from reports.compare.matrix import Row
from reports.runlog import Record
from reports.runs import Outcome, Run

FORMAT = 1


def text(found: Comparison) -> str:
    return json.dumps(document(found), ensure_ascii=False, indent=1) + "\n"


def document(found: Comparison) -> Record:
    """`requirements.ID.runs` has an outcome a run, in the order of `runs`; null where it was not in it."""
    return {
        "format": FORMAT,
        "kind": "changes" if found.as_changes else "matrix",
        "spec": {"version": found.spec.version, "hash": found.spec.hash},
        "runs": [_run(run, label) for run, label in zip(found.runs, found.labels, strict=True)],
        "notes": list(found.notes),
        "changes": _changes(found.changes),
        "fitness_changes": _changes(found.fitness_changes),
        "requirements": _rows(found.rows),
        "fitness": _rows(found.fitness_rows),
    }


def _run(run: Run, label: str) -> Record:
    return {
        "label": label,
        "run_id": run.run_id,
        "started": run.started,
        "target": run.target,
        "base_url": run.base_url,
        "suite": run.suite,
        "spec": {"version": run.spec_version, "hash": run.spec_hash},
        "claims": list(run.claims),
        "time": run.clock,
        "narrowed": run.narrowed,
        "stopped": run.stopped,
        "exit_code": run.exit_code,
        "score": run.score,
        "client_score": run.client_score,
        "levels": {
            level.name: {
                "reached": level.reached,
                "provisional": list(level.provisional),
                "missing": list(level.missing),
            }
            for level in run.levels
        },
    }


def _changes(changes: Sequence[Change]) -> list[Record]:
    return [
        {
            "id": change.id,
            "kind": change.kind.value,
            "before": _outcome(change.before),
            "after": _outcome(change.after),
        }
        for change in changes
    ]


def _rows(rows: Sequence[Row]) -> Record:
    return {
        row.requirement.id: {
            "level": row.requirement.level,
            "profile": row.requirement.profile,
            "sentence": row.requirement.sentence,
            "differs": row.differs,
            "runs": [_outcome(cell) for cell in row.cells],
        }
        for row in rows
    }


def _outcome(outcome: Outcome | None) -> Record | None:
    if outcome is None:
        return None
    return {"verdict": outcome.verdict.value, "shown": outcome.word, "reason": outcome.reason}
