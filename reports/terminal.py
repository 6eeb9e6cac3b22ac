"""The score card: what was found, on a terminal. Colour only where the terminal has it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import evidence
from reports.evidence import Evidence, plain
from reports.score import Finding, LevelResult, Report
from reports.verdicts import Verdict

STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.FLAKY: "yellow",
    Verdict.EXPECTED_FAIL: "cyan",
    Verdict.HARNESS_ERROR: "bold magenta",
    Verdict.NOT_RUN: "dim",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.NOT_CLAIMED: "dim",
}
RED = (Verdict.FAIL, Verdict.HARNESS_ERROR, Verdict.FLAKY, Verdict.INCONCLUSIVE)
MARGIN = "  "


def show(report: Report, console: Console) -> None:
    """Prints the score card of a run."""
    header = report.header
    target = header["target"]
    line = Text.assemble(
        ("Parley", "bold"), f" {header['suite']['version']}  ", (plain(target["name"]), "bold"), "  "
    )
    line.append(plain(target["base_url"]), "dim")
    console.print(line)
    options = header["options"]
    console.print(
        Text(
            f"spec {header['spec']['version']} ({header['spec']['hash'][:8]})  seed {header['seed']}  "
            f"{options['time']} time  {report.footer['seconds']:.1f} s",
            "dim",
        )
    )
    scored = [finding for finding in report.of(*RED) if finding.requirement.level != "MAY"]
    for finding in sorted(scored, key=_gravity):
        _show_finding(finding, report, console)
    _show_table(report, console)
    _show_undecided(report, console)
    for problem in report.problems:
        console.print(Text(f"{MARGIN}{plain(problem)}", "bold red"))
    _show_levels(report, console)


def _gravity(finding: Finding) -> tuple[int, int]:
    return (RED.index(finding.verdict), ("MUST", "SHOULD", "MAY").index(finding.requirement.level))


def _show_finding(finding: Finding, report: Report, console: Console) -> None:
    requirement = finding.requirement
    title = Text()
    title.append(f"\n{requirement.id}  {requirement.level}  ", "bold")
    title.append(f"{finding.verdict}  ", STYLES[finding.verdict])
    title.append(requirement.sentence)
    console.print(title)
    found = evidence.of_finding(finding, report.log)
    for piece in found[:3]:
        _show_evidence(piece, console)
    if len(found) > 3:
        console.print(
            Text(f"{MARGIN}and {len(found) - 3} more checks of {requirement.id}; the page has them", "dim")
        )
    source = f"protocol {report.header['spec']['version']}, {requirement.profile}, {requirement.id}"
    console.print(Text(f"{MARGIN}spec    {source}", "dim"))


def _show_evidence(piece: Evidence, console: Console) -> None:
    console.print(Text(f"{MARGIN}{piece.name}"))
    for line in piece.steps[: evidence.STEPS]:
        console.print(Text(f"{MARGIN}  {line}", "dim"))
    if len(piece.steps) > evidence.STEPS:
        console.print(Text(f"{MARGIN}  … {len(piece.steps) - evidence.STEPS} more exchanges", "dim"))
    if piece.wanted:
        console.print(Text.assemble(f"{MARGIN}wanted  ", (piece.wanted, "green")))
        console.print(Text.assemble(f"{MARGIN}got     ", (piece.got, "red")))
    else:
        console.print(Text(f"{MARGIN}reason  {plain(piece.record['reason'])}"))
    if piece.curl:
        # soft_wrap: a line that is meant to be copied must not be broken.
        console.print(Text(f"{MARGIN}again   {_short(piece.curl)}"), soft_wrap=True)


def _short(curl: str, limit: int = 1500) -> str:
    return curl if len(curl) <= limit else f"{curl[:limit]}… (whole in the page)"


def _show_table(report: Report, console: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), title_justify="left")
    for heading in ("Profile", "MUST", "SHOULD", "MAY", ""):
        table.add_column(heading, header_style="bold")
    for profile, levels in report.profiles.items():
        cells = [_cell(levels.get(level, {})) for level in ("MUST", "SHOULD", "MAY")]
        totals: dict[str, int] = {}
        for verdicts in levels.values():
            for verdict, count in verdicts.items():
                totals[verdict] = totals.get(verdict, 0) + count
        table.add_row(profile, *cells, _rest(totals))
    console.print()
    console.print(table)


def _cell(verdicts: dict[str, int] | object) -> Text:
    assert isinstance(verdicts, dict)
    asked = sum(
        count for verdict, count in verdicts.items() if verdict not in ("not-applicable", "not-claimed")
    )
    passed = verdicts.get("pass", 0)
    if not asked:
        return Text("-", "dim")
    return Text(f"{passed}/{asked}", "green" if passed == asked else "yellow")


def _rest(totals: dict[str, int]) -> Text:
    text = Text()
    for verdict in Verdict:
        if verdict is not Verdict.PASS and totals.get(verdict.value):
            text.append(f"{totals[verdict.value]} {verdict.value}  ", STYLES[verdict])
    return text


def _show_undecided(report: Report, console: Console) -> None:
    """Why something that was asked has no verdict: a reason a line, with the ids it holds for."""
    reasons: dict[str, list[str]] = {}
    for finding in report.of(Verdict.NOT_RUN, Verdict.NOT_APPLICABLE, Verdict.EXPECTED_FAIL):
        reasons.setdefault(f"{finding.verdict}: {finding.reason}", []).append(finding.requirement.id)
    if reasons:
        console.print()
    for reason, ids in reasons.items():
        line = Text(f"{MARGIN}{_ids(ids)}  ")
        line.append(plain(reason), "dim")
        console.print(line)
    for finding in report.of(*RED):
        if finding.requirement.level == "MAY":
            line = Text(f"{MARGIN}{finding.requirement.id}  ")
            line.append(f"a MAY that is not offered: {finding.requirement.sentence}", "dim")
            console.print(line)
    company = [check for check in report.log.verdicts if check["note"].startswith("failed once in company")]
    for check in company:
        line = Text(f"{MARGIN}{check['requirement']}  ")
        line.append(f"passed alone, but {plain(check['note'])}", "yellow")
        console.print(line)


def _ids(ids: list[str]) -> str:
    """The ids, many of one kind drawn together: `OTP-1 … OTP-11 (11)`."""
    return ", ".join(ids) if len(ids) <= 4 else f"{ids[0]} … {ids[-1]} ({len(ids)})"


def _show_levels(report: Report, console: Console) -> None:
    console.print()
    for level in report.levels:
        console.print(_level_line(level))
    claims = " ".join(report.header["target"]["profiles"])
    score = "nothing was applicable" if report.score is None else f"{report.score:g}"
    console.print(
        Text.assemble(f"{'Score':<11}", (score, "bold"), (f"   of the claimed profiles: {claims}", "dim"))
    )


def _level_line(level: LevelResult) -> Text:
    line = Text(f"{level.name:<11}")
    if level.reached:
        line.append("reached", "bold green")
        if level.provisional:
            line.append(f", provisionally: {', '.join(level.provisional)} not run", "yellow")
    else:
        missing = ", ".join(level.missing[:6]) + (" …" if len(level.missing) > 6 else "")
        line.append("not reached", "bold")
        line.append(f": {missing}", "dim")
    return line
