"""The report for people: a folder of pages that needs no server, runs no script and loads nothing of others.

index.html leads to a page for each requirement that is red, with files beside it that show the fault again.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports import advice, causes, evidence, failures, load, made, pages
from reports.runlog import cut
from reports.score import NOT_OFFERED, Finding, Report
from reports.verdicts import Verdict

FILE = pages.PAGE
FAILURES = "failures"
WRITTEN = ".pages"  # the names of the files that a report wrote, so that the next one takes no other away
OWN = re.compile(
    r"(index|requirements|load|made)\.html|failures/[A-Z]+-[0-9]+(-fitness)?(\.html|\.sh|_test\.py)"
)
CAUSES = 10  # shown at once
SIGNS = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.FLAKY: "≈",
    Verdict.INCONCLUSIVE: "?",
    Verdict.HARNESS_ERROR: "!",
    Verdict.EXPECTED_FAIL: "×",
    Verdict.NOT_RUN: "–",
    Verdict.NOT_APPLICABLE: "∅",
    Verdict.NOT_CLAIMED: "·",
    NOT_OFFERED: "○",
}
FILTERS: dict[str, Callable[..., Any]] = {
    **load.FILTERS,
    "body": evidence.body_text,
    "step": evidence.step,
    "cut": cut,
    "quote": shlex.quote,
}
BESIDE = (
    ("run.jsonl", "the run log, from which all of this is made"),
    ("result.json", "what was found, for programs"),
    ("junit.xml", "for CI systems"),
)


def write(report: Report, folder: Path) -> Path:
    """Writes the pages and returns the first. What an earlier report wrote there is taken away."""
    _take_away_former(folder)
    written = []
    for name, text in files(report):
        pages.write(text, folder, name)
        written.append(name)
    (folder / WRITTEN).write_text("".join(f"{name}\n" for name in written), encoding="utf-8")
    return folder / FILE


def files(report: Report) -> Iterator[tuple[str, str]]:
    """Every file of the report by its name. All that came from the target is escaped."""
    site = _Site(report, causes.of(report))
    yield FILE, site.overview()
    yield "requirements.html", site.requirements()
    if report.log.loads:
        yield "load.html", site.loads()
    yield "made.html", site.made()
    red = report.red
    for place, finding in enumerate(red):
        failure = failures.of(finding, report)
        before = red[place - 1] if place else None
        after = red[place + 1] if place + 1 < len(red) else None
        name = f"{FAILURES}/{finding.anchor}"
        yield f"{name}.html", site.failure(failure, before, after)
        if failure.reproduction.curl:
            yield f"{name}.sh", failure.reproduction.curl
        if failure.reproduction.test:
            yield f"{name}_test.py", failure.reproduction.test


def _take_away_former(folder: Path) -> None:
    """The list may be anybody's, for a run's folder can come from anywhere: only what has the name of a page
    of ours is taken away, and nothing behind a link.
    """
    listing, failed = folder / WRITTEN, folder / FAILURES
    if not listing.is_file():
        return
    for name in listing.read_text(encoding="utf-8", errors="replace").splitlines():
        file = folder / name
        linked = file.is_symlink() or (file.parent == failed and failed.is_symlink())
        if OWN.fullmatch(name) and file.is_file() and not linked:
            file.unlink()
    if failed.is_dir() and not failed.is_symlink() and not any(failed.iterdir()):
        failed.rmdir()


@dataclass(frozen=True)
class _Site:
    """The pages of one report."""

    report: Report
    causes: list[causes.Cause]

    def overview(self) -> str:
        words = [*Verdict, NOT_OFFERED]
        values = {"causes": self.causes, "shown": CAUSES, "words": words, "profiles": self._words()}
        return self._render("overview.html", FILE, **values)

    def requirements(self) -> str:
        groups: dict[str, list[Finding]] = {}
        for finding in self.report.findings:
            groups.setdefault(finding.requirement.profile, []).append(finding)
        if self.report.fitness:
            groups["fitness"] = list(self.report.fitness)
        shown = {finding.word for findings in groups.values() for finding in findings}
        signs = {str(word): sign for word, sign in SIGNS.items() if word in shown}
        return self._render("requirements.html", "requirements.html", groups=groups, signs=signs)

    def loads(self) -> str:
        views = [load.LoadView(record) for record in self.report.log.loads]
        return self._render("loads.html", "load.html", loads=views, in_unit=load.in_unit)

    def made(self) -> str:
        header, log = self.report.header, self.report.log
        left = {name.split("/")[0] for record in log.verdicts for name in record.get("artifacts", ())}
        return self._render(
            "made.html",
            "made.html",
            again=made.again(header),
            run=made.run(header, self.report.footer),
            target=made.target(header),
            environment=made.environment(header),
            files=BESIDE,
            folders=sorted(left),
        )

    def failure(self, failure: failures.Failure, previous: Finding | None, following: Finding | None) -> str:
        finding = failure.finding
        name = finding.requirement.id
        return self._render(
            "failure.html",
            f"{FAILURES}/{finding.anchor}.html",
            **{**failure.values, "causes": causes.by_finding(self.causes).get(finding.anchor, [])},
            again=made.again(self.report.header, name),
            advice=advice.of(name),
            mutants=self.report.header.get("mutants", {}).get(name, {}),
            previous=previous,
            next=following,
        )

    def _render(self, template: str, here: str, **values: Any) -> str:
        report = self.report
        others = [(FILE, "Overview"), ("requirements.html", "Requirements")]
        others += [("load.html", "Load")] if report.log.loads else []
        others.append(("made.html", "How it was made"))
        root = "../" * here.count("/")
        shared = {"report": report, "header": report.header, "footer": report.footer, "red": report.red}
        return pages.render(template, FILTERS, **shared, root=root, here=here, pages=others, **values)

    def _words(self) -> dict[str, dict[str, int]]:
        """profile -> verdict as it is shown -> how many requirements."""
        found: dict[str, dict[str, int]] = {}
        for finding in self.report.findings:
            words = found.setdefault(finding.requirement.profile, {})
            words[finding.word] = words.get(finding.word, 0) + 1
        return found
