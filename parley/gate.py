"""`parley gate`: whether a run may pass, by what is known of its target and by a level."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from parley import outputs
from protocol.spec import SPEC_DIR, Spec, load
from reports import runlog, runs, terminal
from reports.evidence import plain
from reports.gate import baseline as baselines
from reports.gate import rules, summary
from reports.gate import terminal as shown
from reports.score import Report

STDOUT = Path("-")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "gate",
        help="may this run pass? by a baseline, and by a level",
        description="Holds a run against what is known of its target. Exit codes: 0 it may pass, 1 it may "
        "not, 2 it is no whole result or the baseline is wrong, 3 only errors of our own keep it from that.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
    parser.add_argument(
        "--level", metavar="NAME", help="the level that must be reached; without a baseline it alone decides"
    )
    baseline = parser.add_mutually_exclusive_group()
    baseline.add_argument(
        "--baseline", type=Path, metavar="FILE|RUN", help="a baseline file, or the folder of an earlier run"
    )
    baseline.add_argument(
        "--write-baseline",
        type=Path,
        metavar="FILE",
        help="write what this run found as the baseline, and gate nothing; keeps the words of a FILE there",
    )
    parser.add_argument(
        "--any-target", action="store_true", help="take, or write over, the baseline of another target too"
    )
    parser.add_argument(
        "--summary", type=Path, metavar="FILE", help="append a summary in Markdown; - is the standard output"
    )
    parser.add_argument("--spec", type=Path, dest="spec_dir", metavar="DIR", help="another spec folder")
    parser.set_defaults(command=_gate)


def _gate(parsed: argparse.Namespace) -> int:
    spec = load(parsed.spec_dir or SPEC_DIR)
    for option in ("level", "summary"):
        if parsed.write_baseline is not None and getattr(parsed, option) is not None:
            raise rules.GateError(f"--{option}: --write-baseline gates nothing; leave out one of the two")
    try:
        report, found = _found(parsed, spec)
    except (runlog.RunLogError, runs.RunError, rules.GateError, baselines.BaselineError) as error:
        _summarise(parsed.summary, summary.no_result(str(error)))
        raise
    if found is None:
        return 0
    text = summary.text(found, report) if parsed.summary is not None else ""
    if parsed.summary != STDOUT:
        _summarise(parsed.summary, text)  # first: who reads what is shown may be gone
    shown.show(found, terminal.console())
    if parsed.summary == STDOUT:
        _summarise(parsed.summary, text)
    return found.exit_code


def _found(parsed: argparse.Namespace, spec: Spec) -> tuple[Report, rules.Gated | None]:
    """None where a baseline was written."""
    log = runlog.read(parsed.run) if parsed.summary else runlog.outline(parsed.run)
    report = runs.evaluated(log, spec, parsed.run)
    run = runs.brief(report, spec)
    if parsed.write_baseline is not None:
        _write(run, parsed.write_baseline, any_target=parsed.any_target)
        return report, None
    baseline = _baseline(parsed.baseline, spec) if parsed.baseline is not None else None
    return report, rules.gated(run, spec, baseline, parsed.level, any_target=parsed.any_target)


def _baseline(path: Path, spec: Spec) -> baselines.Baseline:
    """A folder or a run log is a run, anything else a baseline file."""
    if not path.is_dir() and path.suffix != ".jsonl":
        return baselines.read(path)
    run = runs.read(path, spec)
    if run.not_a_result():
        raise rules.GateError(f"{path}: {run.not_a_result()}")
    return baselines.of_run(run, str(path))


def _write(run: runs.Run, file: Path, *, any_target: bool) -> None:
    if run.not_a_result():
        raise rules.GateError(run.not_a_result())
    if run.narrowed or run.budget_text:
        why = f"the run {run.budget_text or 'was narrowed'}"
        raise rules.GateError(f"--write-baseline: {why}; a baseline is of a whole run")
    before = baselines.read(file) if file.exists() else None
    if before is not None and before.target != run.target and not any_target:
        raise rules.GateError(
            f"{file}: target: expected {run.target!r}, as the run has it, got {before.target!r}; "
            "--any-target writes over it all the same"
        )
    outputs.save(file, baselines.text(run, before))
    for name, entry in baselines.dropped(run, before) if before is not None else ():
        print(f"Dropped {plain(name)}, known as {entry.verdict}: {plain(entry.reason)}")
    written = baselines.read(file)
    known = len(written.found.known) + len(written.fitness.known)
    passed = len(written.found.passed) + len(written.fitness.passed)
    print(f"Wrote {file}: {passed} passed, {known} known not to. Review it before it excuses anything.")


def _summarise(file: Path | None, text: str) -> None:
    if file == STDOUT:
        sys.stdout.write(text)
    elif file is not None:
        outputs.append(file, text)
