"""Comparing runs: each kind of change, the matrix, what is said of runs that are not alike, every format."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from report_kit import PROFILES, SPEC, UNPRINTABLE, all_of
from rich.console import Console
from runs_kit import HOSTILE, V, any_outcomes, log, outcome, outcomes, read, run

from parley import cli
from reports.compare import document, markdown, page
from reports.compare import terminal as shown
from reports.compare.changes import Kind, changes
from reports.compare.comparison import Comparison, compared
from reports.compare.matrix import SYMBOLS, rows, spans
from reports.runs import Outcome, Run, RunError
from reports.score import NOT_OFFERED
from reports.verdicts import Verdict

SCHEMA = json.loads(
    (Path(document.__file__).parents[1] / "schemas" / "compare.schema.json").read_text(encoding="utf-8")
)
WHOLE = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
LATER = {"started": "2026-01-03T03:04:05+00:00", "run_id": "def567"}
MIRRORED = {
    Kind.BROKEN: Kind.FIXED,
    Kind.FLAKY: Kind.FLAKY,
    Kind.NOT_RUN: Kind.RUN,
    Kind.GONE: Kind.NEW,
    Kind.UNCOUNTED: Kind.COUNTED,
    Kind.OTHERWISE: Kind.OTHERWISE,
}
MIRRORED |= {there: back for back, there in MIRRORED.items()}


def printed(found: Comparison, width: int = 120) -> str:
    out = io.StringIO()
    shown.show(found, Console(file=out, width=width, highlight=False))
    return out.getvalue()


# --- what changed


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (V.PASS, V.FAIL, Kind.BROKEN),
        (V.PASS, V.INCONCLUSIVE, Kind.BROKEN),
        (V.PASS, V.EXPECTED_FAIL, Kind.BROKEN),
        (V.PASS, V.HARNESS_ERROR, Kind.BROKEN),
        (V.FAIL, V.PASS, Kind.FIXED),
        (V.EXPECTED_FAIL, V.PASS, Kind.FIXED),
        (V.PASS, V.FLAKY, Kind.FLAKY),
        (V.FLAKY, V.FLAKY, Kind.FLAKY),
        (V.FLAKY, V.NOT_RUN, Kind.FLAKY),
        (V.PASS, V.NOT_RUN, Kind.NOT_RUN),
        (V.FAIL, V.NOT_RUN, Kind.NOT_RUN),
        (V.NOT_RUN, V.PASS, Kind.RUN),
        (V.NOT_RUN, V.FAIL, Kind.RUN),
        (V.PASS, V.NOT_CLAIMED, Kind.UNCOUNTED),
        (V.NOT_RUN, V.NOT_APPLICABLE, Kind.UNCOUNTED),
        (V.NOT_APPLICABLE, V.FAIL, Kind.COUNTED),
        (V.FAIL, V.INCONCLUSIVE, Kind.OTHERWISE),
        (V.PASS, None, Kind.GONE),
        (None, V.FAIL, Kind.NEW),
        (V.PASS, V.PASS, None),
        (V.FAIL, V.FAIL, None),
        (V.NOT_RUN, V.NOT_RUN, None),
        (V.NOT_CLAIMED, V.NOT_APPLICABLE, None),
    ],
)
def test_a_change_has_its_kind(before: Verdict | None, after: Verdict | None, kind: Kind | None) -> None:
    old, new = ({} if one is None else {"MBOX-2": outcome("MBOX-2", one)} for one in (before, after))
    assert [change.kind for change in changes(old, new)] == ([] if kind is None else [kind])


def test_a_may_that_is_left_out_is_not_broken() -> None:
    assert SPEC.requirement("MBOX-14").level == "MAY"
    (change,) = changes(outcomes(MBOX_14=V.PASS), outcomes(MBOX_14=V.FAIL))
    assert (change.kind, change.after and change.after.word) == (Kind.UNCOUNTED, NOT_OFFERED)


@settings(deadline=None)
@given(any_outcomes(), any_outcomes())
def test_the_other_way_round_fixed_is_broken(one: dict[str, Outcome], other: dict[str, Outcome]) -> None:
    there, back = changes(one, other), changes(other, one)
    assert {(c.id, MIRRORED[c.kind]) for c in there} == {(c.id, c.kind) for c in back}
    assert len(there) == len({c.id for c in there})


@settings(deadline=None)
@given(any_outcomes())
def test_a_run_and_itself_differ_only_in_what_is_flaky(one: dict[str, Outcome]) -> None:
    assert {c.id for c in changes(one, one)} == {name for name, o in one.items() if o.verdict is V.FLAKY}


def test_what_wants_a_look_comes_first() -> None:
    before = outcomes(ROOM_1=V.FAIL, MBOX_2=V.PASS, MBOX_3=V.PASS)
    found = changes(before, outcomes(ROOM_1=V.PASS, MBOX_2=V.NOT_RUN, MBOX_3=V.FAIL))
    assert [(c.id, c.kind) for c in found] == [
        ("MBOX-3", Kind.BROKEN),
        ("MBOX-2", Kind.NOT_RUN),
        ("ROOM-1", Kind.FIXED),
    ]


# --- which kind of comparison, and what is said


def test_two_runs_of_one_target_are_told_by_what_changed_others_in_a_matrix() -> None:
    one, two = run(outcomes(ROOM_1=V.PASS)), run(outcomes(ROOM_1=V.FAIL), **LATER)
    other = run(outcomes(ROOM_1=V.PASS), target="another")
    assert compared([one, two], SPEC).as_changes
    assert not compared([one, other], SPEC).as_changes
    assert not compared([one, two, two], SPEC).as_changes
    assert compared([one, other], SPEC, as_changes=True).changes == ()
    assert not compared([one, two], SPEC, as_changes=False).as_changes


def test_one_run_is_not_compared_and_changes_are_between_two() -> None:
    one = run({})
    with pytest.raises(RunError, match="expected two or more"):
        compared([one], SPEC)
    with pytest.raises(RunError, match="between two runs; got 3"):
        compared([one, one, one], SPEC, as_changes=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"spec_hash": "f" * 64},
            "spec: 1.0 (",
        ),
        (
            {"claims": ("core", "party")},
            "claims: those of all and auth, validation (run 1); those of all and party",
        ),
        ({"options": {"time": "control", "max_wait": 35.0, "gentle": False}}, "clock: real time (run 1)"),
        ({"options": {"time": "real", "max_wait": 5.0, "gentle": False}}, "longest wait: 35 s (run 1); 5 s"),
        ({"options": {"time": "real", "max_wait": 35.0, "gentle": True}}, "gentle: no (run 1); yes (run 2)"),
        ({"suite": "1.0.0"}, "Parley: 9.9.9 (run 1); 1.0.0 (run 2)"),
        ({"narrowed": True}, "run 2 was narrowed to 1 requirement"),
        ({"budget": 5.0}, "run 2 had 5 s: what it left out is not-run"),
        ({"stopped": "interrupted"}, "run 2: the run was stopped (interrupted)"),
        ({"exit_code": 2}, "run 2: nothing was decided"),
        ({"unknown": ("OLD-1",)}, "run 2 has ids that this spec does not: OLD-1"),
        ({"target": "another"}, "different targets"),
        ({"started": "2026-01-01T00:00:00+00:00"}, "run 1 is the later one"),
    ],
)
def test_what_is_not_alike_is_said_in_every_format(change: dict[str, Any], said: str) -> None:
    one, two = run(outcomes(ROOM_1=V.PASS)), run(outcomes(ROOM_1=V.PASS), **{**LATER, **change})
    found = compared([one, two], SPEC, as_changes=True)
    assert any(said in note for note in found.notes), found.notes
    assert "Note: " in printed(found) and "Note: " in markdown.text(found) and "Note: " in page.text(found)


def test_runs_that_are_alike_need_no_note() -> None:
    assert compared([run({}), run({}, **LATER)], SPEC).notes == ()


def test_runs_of_one_target_are_told_apart_by_time_and_id() -> None:
    found = compared([run({}), run({}, **LATER), run({}, target="b")], SPEC)
    assert found.labels == ["a server 2026-01-02 03:04 abc234", "a server 2026-01-03 03:04 def567", "b"]


def test_fitness_is_apart() -> None:
    before = run(outcomes(PEER_1=V.PASS), fitness=outcomes(PEER_1=V.PASS))
    after = run(outcomes(PEER_1=V.PASS), fitness=outcomes(PEER_1=V.FAIL), **LATER)
    found = compared([before, after], SPEC)
    assert (found.changes, [c.kind for c in found.fitness_changes]) == ((), [Kind.BROKEN])
    assert "Fitness" in printed(found)


def test_what_was_left_out_by_a_spec_is_not_in_this_run(tmp_path: Path) -> None:
    found = read(tmp_path, {"MBOX-2": V.PASS, "GONE-1": V.PASS})
    assert (list(found.found), found.unknown) == (["MBOX-2"], ("GONE-1",))


# --- the matrix


def test_a_row_is_one_requirement_in_every_run() -> None:
    many = [
        run(outcomes(ROOM_1=V.PASS, MBOX_2=V.PASS)),
        run(outcomes(MBOX_2=V.FAIL)),
        run(outcomes(MBOX_2=V.PASS)),
    ]
    found = rows(many, SPEC)
    assert [(row.requirement.id, row.strip, row.differs) for row in found] == [
        ("ROOM-1", "✓∅∅", True),
        ("MBOX-2", "✓✗✓", True),
    ]
    assert found[1].by_word == {"pass": (1, 3), "fail": (2,)}
    assert found[1].reasons == {"fail: because": (2,)}
    assert shown.in_words(found[1]) == "fail: 2; else pass"
    same = rows([many[0], many[0]], SPEC)
    assert [row.differs for row in same] == [False, False]
    assert rows([many[0], many[0]], SPEC, differs=True) == ()


def test_every_word_has_a_symbol_of_its_own() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)
    assert {*map(str, Verdict), NOT_OFFERED} < set(SYMBOLS)


def test_numbers_are_drawn_together() -> None:
    assert spans([1, 2, 3, 7, 9, 10]) == "1-3, 7, 9-10"
    assert spans([]) == ""


@pytest.mark.parametrize("count", [2, 6, 40])
@pytest.mark.parametrize("width", [60, 120])
def test_a_matrix_stays_within_the_width(count: int, width: int) -> None:
    many = [
        run(outcomes(ROOM_1=V.PASS, MBOX_2=V.FAIL if n % 2 else V.PASS), target=f"s{n}") for n in range(count)
    ]
    out = printed(compared(many, SPEC), width)
    assert max(map(len, out.splitlines())) <= width
    assert "MBOX-2" in out and "fail" in out and "pass" in out


def test_only_what_differs_is_shown_where_that_is_asked() -> None:
    two = [
        run(outcomes(ROOM_1=V.PASS, MBOX_2=V.PASS)),
        run(outcomes(ROOM_1=V.PASS, MBOX_2=V.FAIL), target="b"),
    ]
    found = compared(two, SPEC, differs=True)
    for text in (printed(found), markdown.text(found), page.text(found)):
        assert "MBOX-2" in text and "ROOM-1" not in text and "Only what differs" in text
    none = compared([two[0], two[0]], SPEC, as_changes=False, differs=True)
    assert "Nothing differs" in printed(none) and "Nothing differs" in markdown.text(none)


# --- formats, and hostile targets


@pytest.fixture
def hostile(tmp_path: Path) -> list[Run]:
    target = {"name": HOSTILE, "base_url": f"http://127.0.0.1/{HOSTILE}"}
    one = read(tmp_path / "1", {"MBOX-2": V.PASS, "MBOX-3": V.FLAKY}, target=target)
    two = read(
        tmp_path / "2",
        {"MBOX-2": (V.FAIL, HOSTILE), HOSTILE: V.PASS},
        target=target,
        stopped=HOSTILE,
        run_id=HOSTILE,
        suite={"name": "parley-conformance", "version": HOSTILE},
    )
    return [one, two]


@pytest.mark.parametrize("as_changes", [True, False])
def test_nothing_of_a_hostile_target_does_anything(hostile: list[Run], as_changes: bool) -> None:
    found = compared(hostile, SPEC, as_changes=as_changes)
    shapes = {"terminal": printed(found), "markdown": markdown.text(found), "page": page.text(found)}
    for name, text in shapes.items():
        assert not UNPRINTABLE.search(text), name
        assert "document.title" in text, name  # it came through, as text
    html = shapes["page"]
    assert "<script" not in html and "<img" not in html and "{{" not in html.replace("{{ 7*7 }}", "")
    assert "</title></style>" not in html
    # In Markdown it stands in code spans, or escaped; a row has as many cells as its head.
    for table in shapes["markdown"].split("\n\n"):
        lines = [line for line in table.splitlines() if line.startswith("|")]
        assert len({line.replace("\\|", "").count("|") for line in lines}) <= 1, table
    assert "\n# big" not in shapes["markdown"]


@pytest.mark.parametrize("as_changes", [True, False])
def test_the_document_is_as_its_schema_says(hostile: list[Run], as_changes: bool) -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    text = document.text(compared(hostile, SPEC, as_changes=as_changes)).encode("utf-8", "backslashreplace")
    value = json.loads(text)
    assert [error.message for error in WHOLE.iter_errors(value)] == []
    assert value["requirements"]["MBOX-2"]["runs"][1]["reason"] == HOSTILE
    value["requirements"]["MBOX-2"]["runs"][1]["verdict"] = "ok"
    assert list(WHOLE.iter_errors(value))


# --- the command


def test_two_runs_are_compared_and_every_file_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts = dict.fromkeys(all_of(PROFILES), V.PASS)
    one = log(tmp_path / "one", verdicts)
    two = log(tmp_path / "two", {**verdicts, "MBOX-2": (V.FAIL, "wanted 404")}, **LATER)
    files = [tmp_path / f"c.{name}" for name in ("html", "md", "json")]
    options = ["--html", str(files[0]), "--markdown", str(files[1]), "--json", str(files[2])]
    assert cli.main(["compare", str(one), str(two), *options]) == 0
    out = capsys.readouterr().out
    assert "Broken  passed before" in out and "MBOX-2" in out and "wanted 404" in out
    assert (
        f"{len(verdicts) - 1} requirements are as they were." in out and "Core: reached → not reached" in out
    )
    for file in files:
        assert "MBOX-2" in file.read_text(encoding="utf-8")
    assert "| MBOX-2 | MUST | ✓ pass → ✗ fail |" in files[1].read_text(encoding="utf-8")
    assert json.loads(files[2].read_text(encoding="utf-8"))["changes"][0]["kind"] == "broken"


def test_what_cannot_be_compared_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = str(log(tmp_path / "good", {"MBOX-2": V.PASS}))
    load = log(tmp_path / "load", {}, options={"time": "real", "load": {"profile": "steady"}})
    cut = log(tmp_path / "cut", {"MBOX-2": V.PASS})
    text = (cut / "run.jsonl").read_text(encoding="utf-8")
    (cut / "run.jsonl").write_text(text[: text.index('{"type":"footer"')], encoding="utf-8")
    (tmp_path / "text.jsonl").write_bytes(b"\xff\n")
    for words, said in (
        ([good], "expected two or more"),
        ([good, str(load)], "a load run, which has no score"),
        ([good, str(cut)], "cut off"),
        ([good, str(tmp_path / "nowhere")], "not found"),
        ([good, str(tmp_path / "text.jsonl")], "not UTF-8"),
        ([good, good, "--html", str(tmp_path / "no" / "c.html")], "cannot be written"),
    ):
        assert cli.main(["compare", *words]) == 2
        err = capsys.readouterr().err
        assert err.startswith("parley: ") and err.count("\n") == 1 and said in err


def test_the_files_are_there_though_nobody_reads_the_terminal(tmp_path: Path) -> None:
    folders = [str(log(tmp_path / name, {"MBOX-2": V.PASS})) for name in ("a", "b")]

    def closed_pipe(*_: object) -> None:
        raise BrokenPipeError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reports.compare.terminal.show", closed_pipe)
        cli.main(["compare", *folders, "--markdown", str(tmp_path / "c.md")])
    assert "Parley" in (tmp_path / "c.md").read_text(encoding="utf-8")
