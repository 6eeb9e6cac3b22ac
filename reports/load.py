"""What a load run found: its page, its summary on a terminal, its exit code. From the run log alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import objectives, pages, terminal
from reports.charts import Chart, Line, Shade, column
from reports.evidence import plain
from reports.objectives import Objective
from reports.runlog import Record, RunLog
from reports.verdicts import Verdict

NOTHING_DECIDED = 2
SHOWN_FAULTS = 6  # on a terminal; the page has more
NAMES = {
    "error_rate": "Error rate",
    "read_p95_ms": "p95 of reads",
    "write_p95_ms": "p95 of writes",
    "memory_growth_per_hour": "Growth of memory an hour",
    "promises": "Every MUST kept",
}


class LoadView:
    """A load record ready to be shown by load_part.html, on its own page or that of a scored run."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.judged = objectives.judge(record)
        self.charts = [chart for chart in charts(record) if not chart.empty]

    @property
    def verdict(self) -> Verdict:
        """Pass only where everything that was asked passed."""
        found = {objective.verdict for objective in self.judged}
        order = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_RUN)
        return next((verdict for verdict in order if verdict in found), Verdict.PASS)

    @property
    def users(self) -> str:
        """E.g. `50 broadcaster, 50 viewer`."""
        return ", ".join(f"{count} {plain(role)}" for role, count in self.record["users"].items() if count)

    @property
    def generator(self) -> str:
        """How the load was made, in a sentence."""
        found = self.record["generator"]
        processes = f"{found['processes']} process{'es' if found['processes'] > 1 else ''}"
        lag, late = found["lag_ms"]["p95"], found["late_ms"]["p95"]
        words = f"{processes}, the busiest with {found['cpu']:.0%} of a core"
        words += f"; greenlets woke {lag:.1f} ms late (p95)" if lag is not None else ""
        words += f"; requests began {late:.1f} ms late (p95)" if late is not None else ""
        return f"{words}; full in {found['full_s']} s" if found["full_s"] else words

    @property
    def lost(self) -> list[str]:
        """The workers that went missing, each in words."""
        return [
            f"{plain(each['worker'])} after {each['s']} s with {each['users']} users"
            for each in self.record["generator"]["lost"]
        ]


def charts(record: Record) -> list[Chart]:
    """The series of a record, a chart for each question."""
    points: list[Record] = record["series"]
    step: int = record["series_step_s"]
    xs = [float(point["s"]) for point in points]
    limits: Mapping[str, float] = record["objectives"]
    shades = _shades(points, step)

    def a_second(value: float) -> float:
        return value / step

    def lines(*pairs: tuple[str, str]) -> list[Line]:
        return [Line(name, column(points, key)) for name, key in pairs]

    def limit(key: str) -> list[tuple[str, float]]:
        return [("objective for p95", limits[key])] if key in limits else []

    def made(title: str, unit: str, found: list[Line], **others: Any) -> Chart:
        return Chart(title, unit, xs, found, shades=shades, **others)

    requests = [Line("requests a second", column(points, "requests", a_second))]
    errors = [Line("errors a second", column(points, "errors", a_second))]
    cpu = [Line("the busiest process", column(points, "cpu", lambda share: share * 100))]
    reads, writes = (lines(("p50", f"{k}_p50"), ("p95", f"{k}_p95")) for k in ("read", "write"))
    late = lines(("requests began late, p99", "late_p99"), ("greenlets woke late, p99", "lag_p99"))
    return [
        made("Users", "", lines(("users", "users"))),
        made("Requests", "a second", requests),
        made("Latency of reads", "ms", reads, limits=limit("read_p95_ms"), log=True),
        made("Latency of writes", "ms", writes, limits=limit("write_p95_ms"), log=True),
        made("Errors", "a second", errors),
        made("The generator's own delay", "ms", late, log=True),
        made("The generator's CPU", "% of a core", cpu),
        made("Memory of the target", "MB", lines(("resident", "memory_mb")), zero=False),
    ]


def _shades(points: list[Record], step: int) -> list[Shade]:
    """Every other phase, so that their borders show."""
    spans: list[tuple[str, float, float]] = []
    for point in points:
        if spans and spans[-1][0] == point["phase"]:
            spans[-1] = (*spans[-1][:2], point["s"] + step)
        else:
            spans.append((point["phase"], point["s"], point["s"] + step))
    return [Shade(start, end, name) for name, start, end in spans[::2]] if len(spans) > 1 else []


def exit_code(log: RunLog) -> int:
    """0 every objective is met and no MUST was seen broken; 1 one is missed or broken; 2 something that was
    asked is undecided, or there is no load in the log.
    """
    found = [LoadView(record).verdict for record in log.loads]
    if Verdict.FAIL in found or any(verdict["verdict"] == Verdict.FAIL for verdict in log.verdicts):
        return 1
    return 0 if found and set(found) == {Verdict.PASS} else NOTHING_DECIDED


def milliseconds(value: float | None) -> str:
    """As it stands in a table."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


# What load_part.html needs.
FILTERS: pages.Filters = {"ms": milliseconds, "objective": lambda name: NAMES.get(name, name)}


def in_unit(objective: Objective, value: float | None) -> str:
    """A limit or a figure of this objective, with its unit."""
    if value is None:
        return "–"
    if objective.name.endswith("_ms"):
        return f"{milliseconds(value)} ms"
    return f"{value:g}" if objective.name == objectives.PROMISES else f"{value * 100:.3g} %"


def write(log: RunLog, folder: Path) -> Path:
    """index.html, which loads nothing and runs nothing."""
    views = [LoadView(record) for record in log.loads]
    text = pages.render(
        "load.html",
        FILTERS,
        header=log.header,
        footer=log.footer,
        views=views,
        verdicts=log.verdicts,
        in_unit=in_unit,
    )
    return pages.write(text, folder)


def show(log: RunLog, console: Console) -> None:
    """The summary on a terminal."""
    console.print(terminal.headline(log.header["suite"]["version"], log.header["target"]))
    if not log.loads:
        console.print(Text("No load was made.", "yellow"))
    for record in log.loads:
        show_load(LoadView(record), console)
    if log.footer["stopped"]:
        console.print(Text(f"The run was stopped: {plain(log.footer['stopped'])}", "bold red"))


def show_load(view: LoadView, console: Console) -> None:
    """One load: figures, operations, faults, objectives."""
    record = view.record
    totals = record["totals"]
    name = plain(record["profile"]) or "load"
    line = f"{name}: {view.users or 'no users'}  seed {record['seed']}  {record['measured_s']:g} s measured"
    console.print(Text(line, "dim"))
    console.print()
    _show_operations(record, console)
    console.print()
    _show_faults(record, console)
    table = Table.grid(padding=(0, 2, 0, 0))
    for objective in view.judged:
        style = terminal.STYLES[objective.verdict]
        title = Text(NAMES.get(objective.name, objective.name), "bold")
        table.add_row(title, Text(objective.verdict.value, style), Text(plain(objective.reason)))
    console.print(table)
    console.print()
    console.print(Text(f"Load       {totals['per_second']:,.1f} requests a second; {view.generator}", "dim"))
    if view.lost:
        console.print(Text(f"Lost       {', '.join(view.lost)}", "yellow"))
    if record["generator"]["limit"]:
        console.print(Text(f"Limit      {plain(record['generator']['limit'])}", "bold yellow"))
    if record["stopped"]:
        console.print(Text(f"The load ended early: {plain(record['stopped'])}", "yellow"))


def _show_operations(record: Record, console: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("operation")
    for heading in ("requests", "errors", "p50 ms", "p95 ms", "p99 ms", "max ms"):
        table.add_column(heading, justify="right")
    rows = {**record["operations"], "reads": record["reads"], "writes": record["writes"]}
    for name, entry in rows.items():
        found = entry["corrected_ms"]
        errors = Text(f"{entry['errors']:,}", "red" if entry["errors"] else "dim")
        figures = [milliseconds(found[key]) for key in ("p50", "p95", "p99", "max")]
        style = "bold" if name in ("reads", "writes") else ""
        table.add_row(plain(name), f"{entry['requests']:,}", errors, *figures, style=style)
    console.print(table)


def _show_faults(record: Record, console: Console) -> None:
    faults = record["faults"]
    if not faults:
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for fault in faults[:SHOWN_FAULTS]:
        words = Text(plain(fault["requirement"]), "bold red")
        table.add_row(f"{fault['count']:,} ×", words, plain(fault["operation"]), Text(plain(fault["fault"])))
    console.print(table)
    if len(faults) > SHOWN_FAULTS:
        console.print(Text(f"and {len(faults) - SHOWN_FAULTS} other faults; the page has them", "dim"))
    console.print()
