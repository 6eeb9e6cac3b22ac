"""The score card: what was found, on a terminal. Colour only where the terminal has it."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import causes, evidence
from reports.evidence import plain
from reports.runlog import MEASURED, Record
from reports.score import NOT_OFFERED, Finding, LevelResult, Report
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
WIDTH = 120  # where the output is no terminal and so has no width of its own
WHOLE = 12  # failures shown with their evidence; the others in a line each
CAUSES = 5  # that several requirements share; the page has them all
ARTIFACTS = 4  # files of a failure named on the score card; the page has them all
REASON = 200  # characters of a reason where many are listed
LEVELS = ("MUST", "SHOULD", "MAY")


def console() -> Console:
    """The console that a score card is printed on."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH)


def headline(version: str, target: Mapping[str, str]) -> Text:
    """Who looked at what."""
    line = Text.assemble(("Parley", "bold"), f" {version}  ", (plain(target["name"]), "bold"))
    return line.append(f"  {plain(target['base_url'])}", "dim")


def show(report: Report, console: Console) -> None:
    """Prints the score card of a run."""
    header = report.header
    console.print(headline(header["suite"]["version"], header["target"]))
    console.print(
        Text(
            f"spec {header['spec']['version']} ({header['spec']['hash'][:8]})  seed {header['seed']}  "
            f"{header['options']['time']} time  {report.footer['seconds']:.1f} s",
            "dim",
        )
    )
    red = report.red
    whole = [finding for finding in red if finding.verdict is not Verdict.INCONCLUSIVE][:WHOLE]
    for finding in whole:
        _show_failure(finding, report, console)
    _show_briefly([finding for finding in red if finding not in whole], console)
    _show_causes(report, console)
    _show_table(report, console)
    _show_undecided(report, console)
    for problem in report.problems:
        console.print(Text(f"  {plain(problem)}", "bold red"))
    if report.footer["stopped"]:
        console.print(Text(f"  The run was stopped: {plain(report.footer['stopped'])}", "bold red"))
    _show_levels(report, console)


def _hanging(*columns: int | None, indent: int = 0) -> Table:
    """Lines whose last column keeps its left edge when it wraps."""
    table = Table.grid(padding=(0, 2, 0, 0))
    if indent:
        table.add_column(width=indent - 2)
    for width in columns:
        table.add_column(no_wrap=True, min_width=width)
    table.add_column(overflow="fold")
    return table


def _title(finding: Finding) -> tuple[Text, Text]:
    requirement = finding.requirement
    title = Text.assemble((f"{requirement.id}  {requirement.level}  ", "bold"))
    title.append(finding.word, STYLES[finding.verdict])
    if finding.fitness:
        title.append(" (fitness)", "dim")
    return title, Text(requirement.sentence)


def _show_failure(finding: Finding, report: Report, console: Console) -> None:
    """Title, what was done, wanted, got, how to send it again: of the first check; the others by name."""
    requirement = finding.requirement
    console.print()
    title = _hanging(None)
    title.add_row(*_title(finding))
    console.print(title)
    found = evidence.of_finding(finding, report.log)
    piece = found[0]
    if piece.name:
        console.print(Text(f"  {piece.name}"))
    for line in piece.story:
        console.print(Text(f"    {line}", "dim"))
    lines = _hanging(6, indent=2)
    if piece.wanted:
        lines.add_row("", "wanted", Text(piece.wanted, "green"))
        lines.add_row("", "got", Text(piece.got, "red"))
    else:
        lines.add_row("", "reason", Text(plain(piece.record["reason"])))
    if piece.tried:
        lines.add_row("", "tried", Text(piece.tried, "dim"))
    console.print(lines)
    if piece.curl:
        # soft_wrap: a line that is meant to be copied must not be broken.
        console.print(Text(f"  again   {piece.short_curl}"), soft_wrap=True)
    last = _hanging(6, indent=2)
    source = f"protocol {report.header['spec']['version']}, {requirement.profile}, {requirement.id}"
    source += report.proven_by(requirement.id)
    last.add_row("", Text("spec", "dim"), Text(source, "dim"))
    for name in piece.record.get("artifacts", ())[:ARTIFACTS]:
        last.add_row("", Text("see", "dim"), Text(plain(report.log.folder / name), "dim"))
    if len(found) > 1:
        last.add_row("", "also", Text(f"{len(found) - 1} more of its checks; the page has them", "dim"))
    console.print(last)


def _show_briefly(findings: list[Finding], console: Console) -> None:
    """What could not be decided, and what there is no room for: a row each, with its reason."""
    if not findings:
        return
    table = _hanging(None, None, None)
    for finding in findings:
        requirement = finding.requirement
        why = plain(finding.reason)
        table.add_row(
            Text(requirement.id, "bold"),
            requirement.level,
            Text(finding.word, STYLES[finding.verdict]),
            Text(why if len(why) <= REASON else f"{why[:REASON]}…", "dim"),
        )
    console.print()
    console.print(table)


def _show_causes(report: Report, console: Console) -> None:
    """What several red requirements have in common, by what mending it would gain."""
    shared = causes.shared(causes.of(report))
    if not shared:
        return
    table = _hanging(None)
    for cause in shared[:CAUSES]:
        told = [f"{len(cause.fails)} fail"] if cause.fails else []
        told += [f"{len(cause.blocks)} undecided by it"] if cause.blocks else []
        told += [f"up to +{cause.gain:g} points"] if cause.gain else []
        ids = _ids([finding.requirement.id for finding in cause.findings])
        table.add_row(
            Text("cause", "bold"), Text.assemble(cause.title, (f"  {ids}: {', '.join(told)}", "dim"))
        )
    if len(shared) > CAUSES:
        table.add_row("", Text(f"{len(shared) - CAUSES} more; the page has them", "dim"))
    console.print()
    console.print(table)


def _show_table(report: Report, console: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in ("Profile", *LEVELS, ""):
        table.add_column(heading, header_style="bold")
    for profile, levels in report.profiles.items():
        cells = [_cell(levels.get(level, {}), optional=level == "MAY") for level in LEVELS]
        table.add_row(
            profile, *cells, _rest([f for f in report.findings if f.requirement.profile == profile])
        )
    console.print()
    console.print(table)


def _cell(verdicts: Mapping[str, int], *, optional: bool) -> Text:
    asked = sum(n for verdict, n in verdicts.items() if verdict not in ("not-applicable", "not-claimed"))
    passed = verdicts.get("pass", 0)
    if not asked:
        return Text("-", "dim")
    return Text(f"{passed}/{asked}", "green" if passed == asked else "dim" if optional else "yellow")


def _rest(findings: list[Finding]) -> Text:
    """How many have which other verdict than pass."""
    text = Text()
    for verdict in Verdict:
        words = [f.word for f in findings if f.verdict is verdict and verdict is not Verdict.PASS]
        for word in dict.fromkeys(words):
            text.append(f"{words.count(word)} {word}  ", "dim" if word == NOT_OFFERED else STYLES[verdict])
    return text


def _show_undecided(report: Report, console: Console) -> None:
    """Why something that was asked has no verdict, with the ids it holds for; and what is odd."""
    reasons: dict[str, list[str]] = {}
    for finding in report.of(Verdict.NOT_RUN, Verdict.NOT_APPLICABLE, Verdict.EXPECTED_FAIL):
        reasons.setdefault(f"{finding.word}: {finding.reason}", []).append(finding.requirement.id)
    for finding in report.of(Verdict.FAIL):
        if finding.word == NOT_OFFERED:
            sentence = f"{NOT_OFFERED}, and it need not be: {finding.requirement.sentence}"
            reasons.setdefault(sentence, []).append(finding.requirement.id)
    lines = _hanging(None, indent=2)
    for reason, ids in reasons.items():
        lines.add_row("", _ids(ids), Text(plain(reason), "dim"))
    for check in report.log.verdicts:
        if check["note"].startswith("failed once in company"):
            lines.add_row(
                "", check["requirement"], Text(f"passed alone, but {plain(check['note'])}", "yellow")
            )
        elif MEASURED in check["note"] and check["verdict"] == Verdict.PASS:
            lines.add_row("", check["requirement"], Text(plain(check["note"]), "dim"))
    if lines.row_count:
        console.print()
        console.print(lines)


def _ids(ids: list[str]) -> str:
    """The ids, many of one kind drawn together: `OTP-1 … OTP-11 (11)`."""
    return ", ".join(ids) if len(ids) <= 4 else f"{ids[0]} … {ids[-1]} ({len(ids)})"


def _show_levels(report: Report, console: Console) -> None:
    lines = _hanging(9)
    for level in report.levels:
        lines.add_row(level.name, _level_text(level))
    score = Text(report.score_text, "bold")
    gap = " " if report.partial else "  "
    if report.partial:
        score.append(f"  {report.partial_text};", "not bold yellow")
    lines.add_row("Score", score.append(f"{gap}{report.scored_of}", "not bold dim"))
    if report.client_score is not None:
        client = Text(f"{report.client_score:g}", "bold")
        lines.add_row("Widget", client.append("  of the client profiles", "not bold dim"))
    if report.delivery_score is not None:
        delivery = Text(f"{report.delivery_score:g}", "bold")
        lines.add_row("Bundles", delivery.append("  of the delivery profile", "not bold dim"))
    if report.fitness:
        fitness = Text(report.fitness_text, "bold")
        words = "  requirements of a chat held by two peers of Parley's own through this signaling"
        lines.add_row("Fitness", fitness.append(words, "not bold dim"))
    for record in report.log.loads:
        lines.add_row("Load", _load_text(record))
    if report.budget_text:
        seconds, _, worth = report.budget_text.partition(": ")
        lines.add_row("Budget", Text(seconds, "bold").append(f"  {worth}", "not bold dim"))
    console.print()
    console.print(lines)


def _load_text(record: Record) -> Text:
    """How the target fared under the load that was run beside the checks."""
    totals = record["totals"]
    text = Text(plain(record["profile"]), "bold")
    p95 = [(name, record[name]["corrected_ms"]["p95"]) for name in ("reads", "writes")]
    shown = [f"p95 of {name} {value:.1f} ms" for name, value in p95 if value is not None]
    figures = [f"{totals['per_second']:.0f} requests/s", f"{totals['errors']} errors", *shown]
    return text.append(f"  {', '.join(figures)}", "not bold dim")


def _level_text(level: LevelResult) -> Text:
    if not level.reached:
        missing = ", ".join(level.lacks[:6]) + (" …" if len(level.lacks) > 6 else "")
        return Text.assemble(("not reached", "bold"), (f": {missing}", "dim"))
    text = Text("reached", "bold green")
    if level.provisional:
        text.append(f", provisionally: {', '.join(level.provisional)} not run", "not bold yellow")
    return text
