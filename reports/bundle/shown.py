"""What verifying brought, on a terminal; and what it cannot show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.bundle.verify import Verified
from reports.evidence import plain

MOST_SHOWN = 40
UNPROVEN = (
    "Not shown by this: that the target gave these answers. Nobody signs them, and a log that was made up as "
    "a whole, or whose expectations were taken out or rewritten with what they saw, is verified as any other."
)


def show(found: Verified, problems: Sequence[str], console: Console, subject: str = "bundle") -> None:
    """`problems` are those of the bundle, and of the claim where there is one."""
    manifest = found.manifest
    target = f"{plain(manifest['target']['name'])}, run {plain(manifest['run_id'])}, {manifest['started']}"
    console.print(Text.assemble(("Parley", "bold"), f" verified a {subject}: {target}"))
    console.print()
    table = Table.grid(padding=(0, 2))
    for name, words in _lines(found):
        table.add_row(Text(name, "bold"), plain(words))
    console.print(table)
    console.print()
    for problem in problems[:MOST_SHOWN]:
        console.print(Text(f"Not as it says: {plain(problem)}", "bold red"))
    if len(problems) > MOST_SHOWN:
        console.print(Text(f"… and {len(problems) - MOST_SHOWN} more", "bold red"))
    if not problems:
        console.print(Text("Verified: all is as it says.", "bold green"))
    console.print(Text(UNPROVEN, "dim"))


def _lines(found: Verified) -> Iterator[tuple[str, str]]:
    """What was looked at."""
    report, judged, transcript = found.report, found.rejudged, found.borne_out
    if report is None or judged is None or transcript is None:
        yield "files", f"{found.files}; its log was not judged"
        return
    spec = report.header["spec"]
    yield "files", f"{found.files}, each with the hash that the manifest gives"
    whose = "the one" if found.shipped else "not the one"
    yield "spec", f"{spec['version']} ({spec['hash'][:12]}), {whose} that this Parley ships"
    yield "suite", f"Parley {report.header['suite']['version']} made the run"
    yield "judged", f"{judged.expectations} expectations of {judged.attempts} attempts again"
    yield "compared", f"what {transcript.compared} of them saw with the exchange that they name"
    words = f"what {transcript.taken} of them saw: drawn from several answers, cut, or replaced by a name"
    if transcript.observers:
        words += f"; the observers of {', '.join(transcript.observers)}"
    yield "taken", f"at the log's word, {words}"
    yield "score", f"{report.score_text} {report.scored_of}"
    reached = (level for level in report.levels if level.reached)
    yield (
        "levels",
        ", ".join(f"{o.name}{' (provisionally)' if o.provisional else ''}" for o in reached) or "none",
    )
