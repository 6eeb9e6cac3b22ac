"""Does the spec contradict itself? `lint` runs every rule over a spec folder; it mends nothing.

Run as `python -m protocol.lint [--spec DIR]`: one line a finding, exit 1 where there is any.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from protocol import lint_agreement, lint_coverage, lint_policy, spec
from protocol.findings import OPENAPI, OWN, REQUIREMENTS, Files, Finding, FoundError, read
from protocol.validation import Validator

Rule = Callable[[Files], Iterable[Finding]]
RULES: tuple[Rule, ...] = (*lint_policy.RULES, *lint_agreement.RULES, *lint_coverage.RULES)


def lint(spec_dir: Path, known_checks: Mapping[str, Collection[str]] | None = None) -> list[Finding]:
    """Every contradiction within the spec; empty where there is none.

    `known_checks` says for each id in which modules its checks are. It comes from the command line, for
    this package imports no checks; without it nothing is said about them. The rules take the shape of the
    files for granted, so where a file breaks its own schema that alone is reported.
    """
    try:
        files = read(spec_dir)
    except FoundError as found:
        return [found.finding]
    findings = list(_shape(files))
    if findings:
        return findings
    rules = list(RULES)
    if known_checks is not None:
        rules.append(partial(lint_coverage.every_id_has_its_check, known=known_checks))
    absent: list[Finding] = []
    for rule in rules:
        try:
            findings.extend(rule(files))
        except FoundError as found:
            absent.append(found.finding)
        except spec.SpecError as error:
            findings.append(
                Finding(OPENAPI, "", str(error))
            )  # a $ref that leads nowhere, or round in a circle
    # Where one rule judges that a thing is missing, another that only needs it adds nothing.
    judged = {(finding.file, finding.key) for finding in findings}
    findings.extend(finding for finding in absent if (finding.file, finding.key) not in judged)
    return list(dict.fromkeys(findings)) or list(_loads(spec_dir))


def _shape(files: Files) -> Iterator[Finding]:
    for name in OWN:
        for problem in Validator(files.schemas[name]).problems(files.documents[name]):
            key = problem.path
            if name == REQUIREMENTS:
                key = re.sub(r"^requirements\[(\d+)\]", partial(_id_of, files), key)
            yield Finding(name, key, problem.message)


def _id_of(files: Files, place: re.Match[str]) -> str:
    entry = files.requirements()[int(place[1])]
    name = entry.get("id") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else place[0]


def _loads(spec_dir: Path) -> Iterator[Finding]:
    """What no rule foresaw and the loader still refuses."""
    try:
        spec.load(spec_dir)
    except spec.SpecError as error:
        yield Finding("", "", str(error))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m protocol.lint", description=__doc__)
    parser.add_argument("--spec", type=Path, default=spec.SPEC_DIR, metavar="DIR", help="the spec folder")
    findings = lint(parser.parse_args(arguments).spec)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
