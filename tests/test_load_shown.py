"""How a load run and a search for the knee are shown: page, charts, terminal, exit codes."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from load_kit import complaints, fault, measured, memory, record, schema
from report_kit import all_of, footer, header, report, site, verdict
from rich.console import Console

from reports import knee, load, runlog
from reports.charts import Chart, Line, Shade, figure, round_step
from reports.runlog import RunLog, RunLogWriter
from reports.verdicts import Verdict

Record = dict[str, Any]
HOSTILE = "\x1b[2J<script>alert(1)</script>\u202e"


def log(folder: Path, *records: Record, stopped: str = "") -> RunLog:
    """A run log on the disk, read back."""
    with RunLogWriter(folder) as emit:
        for each in (header(["SLO-1"]), *records, footer(stopped=stopped)):
            emit(each)
    return runlog.read(folder)


def step(users: int, p95: float, broke: str = "", limit: str = "") -> Record:
    found = {"scale": users / 50, "users": users, "per_second": users * 4.0}
    found |= {"read_p95": p95, "write_p95": None, "errors": 3 if broke else 0}
    return {**found, "held": not (broke or limit), "broke": broke, "limit": limit}


def knee_record(**others: Any) -> Record:
    steps = [step(50, 3), step(100, 5), step(200, 60, "p95 of reads 60 ms"), step(141, 12)]
    steps.append(step(168, 55, "MBOX-2: twice"))
    found = {"type": "knee", "profile": "knee", "steps": steps, "held": steps[3], "broken": steps[4]}
    return {**found, "ended": "", "sampled": ["MBOX-2"], **others}


def shown(found: RunLog, module: Any = load) -> str:
    console = Console(width=200, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115
    module.show(found, console)
    return console.export_text()


def page(found: RunLog, module: Any = load) -> str:
    text: str = module.write(found, found.folder).read_text(encoding="utf-8")
    return text


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([record()], 0),
        ([record(measured(20_000, 0, 90.0))], 1),
        ([record(faults=[fault("getOffer", "twice", "MBOX-2")])], 1),
        ([record(measured(100, 0, 8.0))], 2),
        ([record(stopped="interrupted")], 2),
        ([record(stopped="interrupted", faults=[fault("getOffer", "twice", "MBOX-2")])], 1),
        ([record(), verdict("SLO-1", Verdict.FAIL, reason="x")], 1),
        ([record(), verdict("SLO-1", Verdict.PASS)], 0),
        ([record(), record(measured(20_000, 0, 90.0))], 1),
        ([], 2),
    ],
)
def test_the_exit_code_of_a_load_is_its_verdict(found: list[Record], code: int, tmp_path: Path) -> None:
    assert load.exit_code(log(tmp_path, *found)) == code


@pytest.mark.parametrize(
    ("found", "stopped", "code", "words"),
    [
        ([knee_record()], "", 0, "141 users (564 requests a second) are carried; with 168 this breaks"),
        ([knee_record(broken=None, ended="it was full")], "", 0, "At least 141 users"),
        ([knee_record(held=None)], "", 1, "Even 168 users are too many: MBOX-2: twice."),
        ([knee_record(held=None, broken=None, ended="x was full")], "", 2, "that holds: x was full."),
        ([knee_record()], "interrupted", 2, "The search was stopped: interrupted"),
        ([], "", 2, "No load was made."),
    ],
)
def test_the_knee_is_told_with_what_broke_first(
    found: list[Record], stopped: str, code: int, words: str, tmp_path: Path
) -> None:
    run = log(tmp_path, *found, stopped=stopped)
    assert knee.exit_code(run) == code
    assert words in shown(run, knee)
    assert words.rstrip(".") in re.sub(r"<[^>]+>", "", page(run, knee))


def full() -> Record:
    found = record(
        measured(20_000, 40, 61.0),
        faults=[fault("getOffer", "twice", "MBOX-2", 3), fault("listRooms", "503", "", 37)],
        memory=memory(0.2, 0.1, 0.3),
        stopped="interrupted",
    )
    found["objectives"]["memory_growth_per_hour"] = 0.05
    found["generator"]["limit"] = "the generator was saturated"
    found["generator"]["lost"] = [{"worker": "vm_1", "s": 40, "users": 25}]
    return found


def test_a_page_and_a_terminal_say_everything(tmp_path: Path) -> None:
    run = log(tmp_path, full(), verdict("SLO-2", Verdict.FAIL, reason="p95 of reads"))
    wanted = [
        "p95 of reads 61.0 ms (the limit is 50 ms)",
        "MBOX-2",
        "twice",
        "503",
        "20 % an hour",
        "the generator was saturated",
        "vm_1 after 40 s with 25 users",
        "interrupted",
        "31% of a core",
        "getOffer",
        "50 broadcaster, 50 viewer",
    ]
    text = re.sub(r"<[^>]+>", " ", page(run)).replace("&#39;", "'")
    assert [words for words in wanted if words not in text] == []
    terminal = shown(run)
    assert [words for words in wanted if words not in terminal] == []
    assert "SLO-2" in text


@pytest.mark.parametrize("module", [load, knee])
def test_a_page_loads_nothing_and_runs_nothing_whatever_the_target_says(module: Any, tmp_path: Path) -> None:
    found = full()
    found["faults"] = [fault(HOSTILE, HOSTILE, HOSTILE)]
    found["operations"][HOSTILE] = found["operations"]["getOffer"]
    found |= {"profile": HOSTILE, "title": HOSTILE, "stopped": HOSTILE, "users": {HOSTILE: 3}}
    found["series"][3]["phase"] = HOSTILE
    found["generator"] |= {"limit": HOSTILE, "lost": [{"worker": HOSTILE, "s": 1, "users": 1}]}
    worst = knee_record(ended=HOSTILE, profile=HOSTILE, sampled=[HOSTILE], broken=step(9, 3, HOSTILE))
    worst["steps"].append(worst["broken"])
    run = log(tmp_path, found, worst, stopped=HOSTILE)
    text = page(run, module)
    live = r"<script|<img|<link|<iframe|\b(src|xlink:href)=|\bhref=(?!.#content)|@import|url\("
    assert not re.search(live, text)
    assert "default-src 'none'" in text
    for unprintable in ("\x1b", "\u202e"):
        assert unprintable not in text
        assert unprintable not in shown(run, module)
    assert "&lt;script&gt;" in text


def test_a_run_in_which_nothing_was_measured_is_shown_too(tmp_path: Path) -> None:
    nothing = record(measured(0, 0, 0), measured(0, 0, 0), series=[], operations={}, users={})
    nothing["generator"] |= {"lag_ms": dict.fromkeys(nothing["generator"]["lag_ms"])}
    nothing["generator"] |= {"late_ms": dict.fromkeys(nothing["generator"]["late_ms"])}
    assert complaints(nothing) == []
    run = log(tmp_path, nothing)
    assert "no request was measured" in page(run)
    assert "no request was measured" in shown(run)
    assert load.exit_code(run) == 2


def test_the_charts_are_those_of_the_series() -> None:
    found = {chart.title: chart for chart in load.charts(full())}
    reads = found["Latency of reads"]
    assert reads.limits == [("objective for p95", 50.0)]
    assert [line.name for line in reads.lines] == ["p50", "p95"]
    assert reads.lines[1].values[10] == full()["series"][10]["read_p95"]
    assert found["Memory of the target"].lines[0].values[-1] == full()["series"][-1]["memory_mb"]
    assert [shade.name for shade in reads.shades] == ["warm-up"]
    longer = {**full(), "series_step_s": 4}
    rate = next(chart for chart in load.charts(longer) if chart.title == "Requests")
    assert rate.lines[0].values[20] == full()["series"][20]["requests"] / 4


def test_a_chart_without_figures_is_left_out() -> None:
    found = full()
    for point in found["series"]:
        point["memory_mb"] = None
    titles = [chart.title for chart in load.LoadView(found).charts]
    assert "Memory of the target" not in titles
    assert "Users" in titles


def places(chart: Chart) -> list[list[tuple[float, float]]]:
    """The points of each line, as drawn."""
    paths = re.findall(r'<path class="line \w" d="([^"]*)"', chart.svg)
    return [[(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)] for path in paths]


def test_a_line_goes_up_where_its_figures_do_and_is_broken_where_there_is_none() -> None:
    chart = Chart("x", "ms", [0, 1, 2, 3, 4], [Line("a", [1, 2, None, 4, 8])])
    (points,) = places(chart)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
    path = re.search(r'd="([^"]*)"', chart.svg)
    assert path is not None
    assert path[1].count("M") == 2
    assert path[1].count("L") == 2
    assert "from 1 to 8, at last 8" in chart.told


def test_a_logarithmic_axis_has_equal_room_for_equal_ratios() -> None:
    chart = Chart("x", "ms", [0, 1, 2], [Line("a", [1, 10, 100])], log=True)
    ((_, first), (_, second), (_, third)) = places(chart)[0]
    assert first - second == pytest.approx(second - third, abs=0.2)


@pytest.mark.parametrize("values", [[0, 0], [0.0001, 5e9], [None, None], [7], []])
@pytest.mark.parametrize("log_scale", [True, False])
def test_odd_figures_stay_within_the_chart(values: list[float | None], log_scale: bool) -> None:
    lines, shades = [Line("a", values)], [Shade(-5, 99, "s")]
    chart = Chart("x", "", list(range(len(values))), lines, log=log_scale, shades=shades)
    numbers = [float(n) for n in re.findall(r'\b(?:x1|x2|x|cx)="(-?[\d.]+)"', chart.svg)]
    assert all(0 <= n <= 480 for n in numbers)
    assert all(0 <= y <= 190 for line in places(chart) for _, y in line)
    assert "nan" not in chart.svg


@pytest.mark.parametrize(
    ("size", "wanted"), [(1, 1), (1.01, 2), (2.1, 5), (7, 10), (0.03, 0.05), (1200, 2000)]
)
def test_steps_are_round(size: float, wanted: float) -> None:
    assert round_step(size) == pytest.approx(wanted)


def test_figures_have_three_digits_that_count() -> None:
    assert [figure(n) for n in (0, 0.1234, 12.345, 123.4, 12345)] == ["0", "0.123", "12.3", "123", "12,345"]


LINE = jsonschema_rs.Draft202012Validator(schema("runlog.schema.json"), validate_formats=True)


NOTHING = knee_record(held=None, broken=None, steps=[])


@pytest.mark.parametrize("found", [record(), full(), knee_record(), NOTHING])
def test_records_are_as_the_schema_of_the_run_log_says(found: Record) -> None:
    assert complaints(found, LINE) == []


def test_both_schemas_say_the_same_of_a_load() -> None:
    mine, whole = schema("load.schema.json")["$defs"], schema("runlog.schema.json")["$defs"]
    assert {name: whole[name] for name in mine} == mine


WRONG: list[tuple[str, Any]] = [
    ("seed", -1),
    ("seconds", "long"),
    ("stopped", None),
    ("memory", 5),
    ("series", [{"s": 1}]),
    ("faults", [{"operation": "getOffer"}]),
    ("reads", {}),
    ("generator", {"limit": ""}),
    ("series_step_s", 0),
]


@pytest.mark.parametrize("validator", [LINE, None])
@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_wrong_record_is_seen(key: str, value: Any, validator: Any) -> None:
    found = copy.deepcopy(record())
    found[key] = value
    assert complaints(found, validator) if validator else complaints(found)
    del found[key]
    assert complaints(found, validator) if validator else complaints(found)


def test_a_scored_run_shows_the_load_that_was_beside_it(tmp_path: Path) -> None:
    records = [*all_of(["core"]).values()]
    scored = report(tmp_path, records)
    assert "load.html" not in site(scored, tmp_path)
    scored.log.loads.append(full())
    text = site(scored, tmp_path)["load.html"]
    assert "<h2>Load: steady</h2>" in text
    assert text.count('<svg viewBox="0 0 480') == len(load.LoadView(full()).charts)
    assert "the generator was saturated" in text
