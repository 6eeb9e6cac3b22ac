"""What is known of a target: from a file that people review, or from an earlier run.

The file is TOML, as the target file is; its schema is reports/schemas/baseline.schema.json.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from protocol.toml_file import Json, TomlError, TomlKind
from reports.evidence import plain
from reports.runs import Outcome, Run
from reports.score import NOT_OFFERED
from reports.verdicts import APPLICABLE, Verdict

FORMAT = 1
# What an entry excuses beside its own verdict: what is no graver. A flaky one may pass today.
EXCUSES = {
    Verdict.FAIL: {Verdict.EXPECTED_FAIL, Verdict.INCONCLUSIVE, Verdict.FLAKY, Verdict.NOT_RUN},
    Verdict.EXPECTED_FAIL: {Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.FLAKY, Verdict.NOT_RUN},
    Verdict.HARNESS_ERROR: {Verdict.INCONCLUSIVE, Verdict.NOT_RUN},
    Verdict.FLAKY: {Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.NOT_RUN},
    Verdict.INCONCLUSIVE: {Verdict.NOT_RUN},
    Verdict.NOT_RUN: set[Verdict](),
}


class BaselineError(TomlError):
    """A baseline cannot be used; one line names the file, the key, and what was expected."""


KIND = TomlKind(
    Path(__file__).parents[1] / "schemas" / "baseline.schema.json",
    BaselineError,
    hint="; `parley gate RUN --write-baseline FILE` writes one",
)


@dataclass(frozen=True, slots=True)
class Known:
    """A requirement that did not pass, and is known not to. `expires` is the last day (ISO) of the excuse."""

    verdict: Verdict
    reason: str
    issue: str = ""
    expires: str = ""

    def excuses(self, verdict: Verdict) -> bool:
        return verdict is self.verdict or verdict in EXCUSES[self.verdict]

    def expired(self, today: str) -> bool:
        """`today` as an ISO date, or a time that begins with one."""
        return bool(self.expires) and today[:10] > self.expires


@dataclass(frozen=True)
class Side:
    """What is known of the target itself, or of the fitness of its signaling."""

    passed: frozenset[str] = frozenset()
    known: Mapping[str, Known] = field(default_factory=dict)


@dataclass(frozen=True)
class Baseline:
    """`upkept`: it is a file, whose entries people keep true; of a run nothing can be stale."""

    where: str
    target: str
    claims: tuple[str, ...]
    spec_version: str
    spec_hash: str
    found: Side
    fitness: Side
    upkept: bool


def of_run(run: Run, where: str) -> Baseline:
    """What this run found."""
    return Baseline(
        where,
        run.target,
        run.claims,
        run.spec_version,
        run.spec_hash,
        _side(run.found),
        _side(run.fitness),
        upkept=False,
    )


def read(path: Path) -> Baseline:
    """Raises BaselineError, which names the file, the key and what was expected."""
    text = KIND.read(path)
    _no_bare_dates(text, path)
    found = KIND.document(text, str(path))
    fitness = found.get("fitness", {"passed": [], "known": []})
    return Baseline(
        str(path),
        found["target"],
        tuple(found["profiles"]),
        found["spec"]["version"],
        found["spec"]["hash"],
        _parsed(found, path, ""),
        _parsed(fitness, path, "fitness."),
        upkept=True,
    )


def _no_bare_dates(text: str, path: Path) -> None:
    """TOML has dates of its own, which people will write. They are told to write a text."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # which is said when it is read
    fitness = found.get("fitness")
    for key, table in (("", found), ("fitness.", fitness if isinstance(fitness, dict) else {})):
        entries = table.get("known")
        for place, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and isinstance(entry.get("expires"), date):
                raise BaselineError(
                    f"{path}: {key}known[{place}].expires: expected the last day as a text, such as "
                    f'"2027-01-31", got {entry["expires"].isoformat()} without quotes'
                )


def _parsed(found: Json, path: Path, key: str) -> Side:
    known: dict[str, Known] = {}
    for place, entry in enumerate(found["known"]):
        name = entry["id"]
        where = f"{path}: {key}known[{place}].id"
        if name in known:
            raise BaselineError(f"{where}: expected each id once, got {name!r} again")
        if name in found["passed"]:
            raise BaselineError(
                f"{where}: expected an id that did not pass, got {name!r}, which is in passed too"
            )
        try:
            date.fromisoformat(entry.get("expires", "2000-01-01"))
        except ValueError:
            raise BaselineError(
                f"{path}: {key}known[{place}].expires: expected a day that there is, got {entry['expires']!r}"
            ) from None
        more = {word: entry[word] for word in ("issue", "expires") if word in entry}
        known[name] = Known(Verdict(entry["verdict"]), entry["reason"], **more)
    return Side(frozenset(found["passed"]), known)


def _side(outcomes: Mapping[str, Outcome]) -> Side:
    counted = {
        name: outcome
        for name, outcome in outcomes.items()
        if outcome.verdict in APPLICABLE and outcome.word != NOT_OFFERED
    }
    return Side(
        frozenset(name for name, outcome in counted.items() if outcome.verdict is Verdict.PASS),
        {
            name: Known(outcome.verdict, outcome.reason or outcome.word)
            for name, outcome in counted.items()
            if outcome.verdict is not Verdict.PASS
        },
    )


def text(run: Run, before: Baseline | None = None) -> str:
    """The baseline of this run as a file. What people wrote in the one before of what still does not pass
    stays.
    """
    found, fitness = _sides(run, before)
    parts = [
        "# What is known of a target, for `parley gate RUN --baseline THIS`. Review it like code: an entry",
        "# below [[known]] excuses a requirement that does not pass. It may name an `issue`, and the last",
        "# day on which it excuses anything: `expires`.",
        f"format = {FORMAT}",
        f"target = {_quoted(run.target)}",
        f"profiles = [{', '.join(_quoted(name) for name in run.claims)}]",
        f"passed = {_list(run.found, found.passed)}",
        "",
        "[spec]",
        f"version = {_quoted(run.spec_version)}",
        f"hash = {_quoted(run.spec_hash)}",
        *_entries("known", found.known),
    ]
    if fitness.passed or fitness.known:
        parts += ["", "[fitness]", f"passed = {_list(run.fitness, fitness.passed)}"]
        parts += _entries("fitness.known", fitness.known)
    return "\n".join(parts) + "\n"


def dropped(run: Run, before: Baseline) -> list[tuple[str, Known]]:
    """The entries of the file before that are not in the new one: with them go the words of people."""
    sides = zip(("", " (fitness)"), (before.found, before.fitness), _sides(run, before), strict=True)
    return [
        (f"{name}{mark}", entry)
        for mark, old, new in sides
        for name, entry in old.known.items()
        if name not in new.known
    ]


def _sides(run: Run, before: Baseline | None) -> tuple[Side, Side]:
    found, fitness = _side(run.found), _side(run.fitness)
    if before is None:
        return found, fitness
    return _kept(found, before.found, run.started), _kept(fitness, before.fitness, run.started)


def _kept(side: Side, before: Side, today: str) -> Side:
    """The words of people stay where it still does not pass; a flaky one stays flaky."""
    known = dict(side.known)
    for name, entry in before.known.items():
        flaky = entry.verdict is Verdict.FLAKY and not entry.expired(today)
        if name in known:
            stays = flaky and entry.excuses(known[name].verdict)
            known[name] = entry if stays else replace(entry, verdict=known[name].verdict)
        elif name in side.passed and flaky:
            known[name] = entry
    return Side(side.passed - known.keys(), known)


def _entries(table: str, known: Mapping[str, Known]) -> Iterable[str]:
    for name, entry in known.items():
        yield from ("", f"[[{table}]]", f"id = {_quoted(name)}", f"verdict = {_quoted(entry.verdict.value)}")
        yield f"reason = {_quoted(entry.reason)}"
        if entry.issue:
            yield f"issue = {_quoted(entry.issue)}"
        if entry.expires:
            yield f"expires = {_quoted(entry.expires)}"


def _list(order: Iterable[str], names: frozenset[str]) -> str:
    """A name a line, so that a change of one is a change of one line."""
    lines = [f"  {_quoted(name)}," for name in order if name in names]
    return "\n".join(("[", *lines, "]"))


def _quoted(value: str) -> str:
    """A basic string of TOML, which a JSON string without control characters is."""
    return json.dumps(plain(value), ensure_ascii=False)
