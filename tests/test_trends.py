"""The history: its file, its trends and what is shown of them."""

from __future__ import annotations

import io
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_kit import SPEC, UNPRINTABLE
from rich.console import Console
from runs_kit import HOSTILE, V, log, outcome, read, run
from test_hostile_markup import LIVE, Elements

from parley import cli
from reports.compare.changes import Kind
from reports.compare.matrix import ABSENT
from reports.history import pages, sparks, store, trends
from reports.history import terminal as shown
from reports.history.pages import History
from reports.history.store import Entry, HistoryError
from reports.runs import Load, Run
from reports.score import LevelResult
from reports.verdicts import Verdict

FIRST = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
P, F, X, N, A = V.PASS, V.FAIL, V.FLAKY, V.NOT_RUN, None


def night(number: int, verdict: Verdict | None = P, **changes: Any) -> Run:
    """A run of a series, one a day, that asked MBOX-2 unless the verdict is None."""
    values: dict[str, Any] = {
        "run_id": f"r{number}",
        "started": (FIRST + timedelta(days=number)).isoformat(),
        **changes,
    }
    found = {} if verdict is None else {"MBOX-2": outcome("MBOX-2", verdict)}
    return run({"ROOM-1": outcome("ROOM-1", P), **found}, **values)


def kept(folder: Path, runs: list[Run]) -> list[Entry]:
    store.add(folder / "h.sqlite", runs)
    return store.entries(folder / "h.sqlite", "a server")


def series(*verdicts: Verdict | None) -> list[Entry]:
    """The same without a file."""
    made = [night(number, verdict) for number, verdict in enumerate(verdicts)]
    return [
        Entry(
            r.run_id,
            r.started,
            r.suite,
            r.spec_version,
            r.spec_hash,
            r.clock,
            False,
            0,
            r.score,
            None,
            found=dict(r.found),
        )
        for r in made
    ]


def of(*verdicts: Verdict | None) -> trends.Trend:
    return next(t for t in trends.trends(series(*verdicts), SPEC) if t.requirement.id == "MBOX-2")


# --- the file


def test_runs_of_one_day_are_told_apart_by_hours_or_seconds() -> None:
    for begun, expected in (
        (("01T00:00:00", "01T00:00:17"), ([0, 17], "s")),
        (("01T00:00:00", "01T06:30:00"), ([0, 6.5], "h")),
        (("01T00:00:00", "03T12:00:00"), ([0, 2.5], "d")),
        ((), ([], "s")),
    ):
        entries = series(*[P] * len(begun))
        for entry, time in zip(entries, begun, strict=True):
            entry.started = f"2026-01-{time}+00:00"
        assert trends.times(entries) == expected


def test_a_run_with_a_budget_is_no_part_of_a_history(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"it had 5 s: what it left out is not-run; nothing was added"):
        store.add(tmp_path / "h.sqlite", [night(0, P), night(1, P, budget=5.0)])
    assert not (tmp_path / "h.sqlite").exists()


def test_a_run_is_kept_whole_and_once(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "h.sqlite"
    levels = (LevelResult("Secure", False, (), ("MBOX-2",)), LevelResult("Core", True, ("MBOX-4",), ()))
    loads = (Load("smoke", 120.5, 1, 3.5, None),)
    fitness = {"PEER-1": outcome("PEER-1", F)}
    one = night(0, F, levels=levels, loads=loads, fitness=fitness, narrowed=True, client_score=50.0)
    assert store.add(file, [one, night(1)]) == [True, True]
    assert store.add(file, [one, night(2)]) == [False, True]
    first, *rest = store.entries(file, "a server")
    assert [entry.run_id for entry in rest] == ["r1", "r2"]
    assert (first.score, first.client_score, first.narrowed, first.loads) == (100.0, 50.0, True, list(loads))
    assert list(first.levels.items()) == [("Secure", (False, False)), ("Core", (True, True))]
    assert {name: o.verdict for name, o in first.found.items()} == {"ROOM-1": P, "MBOX-2": F}
    assert first.fitness["PEER-1"].word == "fail"


def test_the_same_id_at_another_time_is_another_run(tmp_path: Path) -> None:
    assert store.add(tmp_path / "h.sqlite", [night(0), night(1, run_id="r0")]) == [True, True]


def test_reasons_are_those_of_the_last_run(tmp_path: Path) -> None:
    first, last = kept(tmp_path, [night(1, F), night(0, F)])
    assert (first.run_id, first.found["MBOX-2"].reason) == ("r0", "")
    assert (last.run_id, last.found["MBOX-2"].reason) == ("r1", "because")


def test_targets_are_apart_the_last_run_first(tmp_path: Path) -> None:
    file = tmp_path / "h.sqlite"
    store.add(file, [night(0, target="b"), night(2, target="a"), night(1, target="b")])
    assert store.targets(file) == ["a", "b"]
    assert len(store.entries(file, "b")) == 2 and store.entries(file, "c") == []


@pytest.mark.parametrize("change", [{"stopped": "interrupted"}, {"exit_code": 2}])
def test_what_is_no_result_is_not_kept_nor_what_came_with_it(tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "h.sqlite"
    store.add(file, [night(0)])
    with pytest.raises(HistoryError, match=r"run r2: .* not a result; nothing was added"):
        store.add(file, [night(1), night(2, **change)])
    assert len(store.entries(file, "a server")) == 1


def test_many_add_at_once(tmp_path: Path) -> None:
    file = tmp_path / "h.sqlite"
    added: list[bool] = []
    begin = threading.Barrier(8)

    def add(number: int) -> None:
        begin.wait()
        added.extend(store.add(file, [night(number), night(99)]))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(added), sum(added)) == (16, 9)
    assert len(store.entries(file, "a server")) == 9


def _foreign(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE other (x)")


def _newer(file: Path) -> None:
    store.add(file, [night(0)])
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version = 2")


def _text(file: Path) -> None:
    file.write_text("format = 1\n" * 200, encoding="utf-8")


def _torn(file: Path) -> None:
    store.add(file, [night(number) for number in range(40)])
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + bytes(len(whole) - 100))


def _odd(file: Path) -> None:
    store.add(file, [night(0)])
    with sqlite3.connect(file) as database:
        database.execute("UPDATE verdict SET verdict = 'splendid'")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_foreign, "no history of Parley's"),
        (_newer, "a history of version 2; this Parley knows 1"),
        (_text, "no history, or a damaged one"),
        (_torn, "no history, or a damaged one"),
        (_odd, "a damaged history"),
    ],
)
def test_a_file_that_is_no_history_of_ours_is_refused_and_left_alone(
    tmp_path: Path, make: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "h.sqlite"
    make(file)
    before = file.read_bytes()
    for words in (
        ["show"],
        ["page", "--out", str(tmp_path / "out")],
        ["add", str(log(tmp_path / "r", {"MBOX-2": P}))],
    ):
        if make is _odd and words[0] == "add":
            continue  # what is added does not look at what is there
        assert cli.main(["history", *words, "--db", str(file)]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"parley: {file}: ") and err.count("\n") == 1 and said in err
    assert file.read_bytes() == before


# --- trends


@pytest.mark.parametrize(
    ("verdicts", "decided", "unsteady"),
    [
        ([P, P, P], 3, 0),
        ([P, F, F, P], 4, 0),  # broken for two nights, then mended
        ([P, F, P], 3, 1),  # stood alone
        ([P, N, F, A, P], 3, 1),  # what was not decided is no neighbour
        ([P, F, P, F, P], 5, 3),
        ([X, P, X, P], 4, 2),
        ([P, F], 2, 0),  # who stands last may not stand alone
        ([F, P, P], 3, 0),
        ([P, V.EXPECTED_FAIL, F, P], 4, 0),  # both are fails
        ([N, V.NOT_CLAIMED, V.INCONCLUSIVE], 0, 0),
    ],
)
def test_how_flaky_it_is(verdicts: list[Verdict | None], decided: int, unsteady: int) -> None:
    found = of(*verdicts)
    assert (found.decided, found.unsteady) == (decided, unsteady)
    assert found.flaky_rate == (unsteady / decided if decided else None)


@settings(deadline=None)
@given(st.lists(st.sampled_from([P, F, X, N, A]), min_size=1).filter(any))
def test_a_rate_is_a_share_and_the_strip_has_every_run(verdicts: list[Verdict | None]) -> None:
    found = of(*verdicts)
    assert 0 <= found.unsteady <= found.decided <= len(verdicts)
    assert sum(step.length for step in found.steps) == len(verdicts)
    assert [step.word for step in found.steps for _ in range(step.length)] == list(found.words)
    assert (found.failing_since is not None) == (verdicts[-1] is F)


@pytest.mark.parametrize(
    ("verdicts", "seen", "failed", "since", "changed"),
    [
        ([P, P], 0, None, None, None),
        ([P, F, F], 0, 1, 1, 1),
        ([F, P, F, F], 0, 0, 2, 2),
        ([F, P], 0, 0, None, 1),
        ([A, F], 1, 1, 1, None),  # it is new, it did not change
        ([P, A], 0, None, None, 1),
    ],
)
def test_when_it_was_first_seen_first_failed_and_last_changed(
    verdicts: list[Verdict | None], seen: int, failed: int | None, since: int | None, changed: int | None
) -> None:
    found = of(*verdicts)
    assert (found.first_seen, found.first_failed, found.failing_since, found.changed) == (
        seen,
        failed,
        since,
        changed,
    )
    assert found.words[-1] == (ABSENT if verdicts[-1] is None else verdicts[-1].value)


def test_a_night_names_what_changed_and_not_what_is_flaky_still() -> None:
    found = trends.nights(series(P, F, F, X, X, P))
    assert [(one.number, one.changes[0].kind) for one in found] == [
        (5, Kind.FLAKY),
        (3, Kind.FLAKY),
        (1, Kind.BROKEN),
    ]
    assert found[-1].of(Kind.BROKEN) == ["MBOX-2"]
    before, after = series(X, X)
    after.found["ROOM-1"] = outcome("ROOM-1", F)
    (one,) = trends.nights([before, after])
    assert [change.id for change in one.changes] == ["ROOM-1"]


def test_where_the_judge_changed_is_told(tmp_path: Path) -> None:
    entries = kept(tmp_path, [night(0), night(1, suite="2.0"), night(2, suite="2.0")])
    assert trends.turns(entries, lambda entry: entry.suite) == [(1, "2.0")]
    assert "From 2026-01-02 03:00 on: Parley 2.0." in pages.target_page(History("a server", entries), SPEC)


# --- drawings


def test_a_strip_joins_neighbours_and_tells_them_by_height() -> None:
    drawn = sparks.strip(["pass", "pass", "fail", "not-run"])
    assert drawn.count("<rect") == 3 and 'aria-label="2 pass, then 1 fail, then 1 not-run"' in drawn
    assert 'class="fail" x="2" y="0" width="1" height="10"' in drawn
    assert 'class="pass" x="0" y="7" width="2" height="3"' in drawn
    assert "&lt;b&gt;" in sparks.strip(["<b>"]) and "<b>" not in sparks.strip(["<b>"])


def test_blocks_go_from_the_lowest_to_the_highest() -> None:
    assert sparks.blocks([1.0, 2.0, None, 8.0], 60) == "▁▂ █"
    assert sparks.blocks([5.0, 5.0], 60) == "██"
    assert len(sparks.blocks([float(n) for n in range(400)], 60)) == 60
    assert sparks.blocks([None], 60) == " " and sparks.blocks([], 60) == ""


def test_a_line_is_broken_where_nothing_was_measured() -> None:
    assert sparks.line([1.0, None, 2.0]).count("M") == 2 and "not measured" in sparks.line([None])


# --- what is shown


def test_the_page_has_score_levels_strips_and_the_definition(tmp_path: Path) -> None:
    levels = (LevelResult("Core", True, (), ()),)
    entries = kept(tmp_path, [night(0, P, levels=levels), night(1, F, score=90.0), night(2, P)])
    text = pages.target_page(History("a server", entries), SPEC)
    assert "Score" in text and "MBOX-2" in text and trends.DEFINITION in text.replace("&#39;", "'")
    assert "33.3 %" in text and "1 of 3" in text and "broken: MBOX-2" in text and "fixed: MBOX-2" in text
    assert 'aria-label="1 pass, then 1 fail, then 1 pass"' in text


def test_a_narrowed_run_is_no_part_of_the_trend_of_the_score(tmp_path: Path) -> None:
    entries = kept(tmp_path, [night(0), night(1, narrowed=True, score=10.0), night(2)])
    assert History("a server", entries).scores == [100.0, None, 100.0]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "é", "x" * 300, HOSTILE, "CON", "index"])
def test_the_name_of_a_page_is_no_path(name: str) -> None:
    file = History(name, []).file
    assert Path(file).name == file and file.endswith(".html") and len(file) < 80 and file != "index.html"
    assert file.isascii() and file != History(name + " ", []).file


def test_nothing_of_a_hostile_target_does_anything(tmp_path: Path) -> None:
    target = {"name": HOSTILE, "base_url": HOSTILE}
    made = [
        read(tmp_path / str(n), {"MBOX-2": (F, HOSTILE) if n else P}, target=target, run_id=f"{HOSTILE}{n}")
        for n in range(2)
    ]
    file = tmp_path / "h.sqlite"
    assert store.add(file, made) == [True, True]
    assert store.add(file, made) == [False, False]
    (name,) = store.targets(file)
    assert not UNPRINTABLE.search(name)
    history = History(name, store.entries(file, name))
    pages.write([history], SPEC, tmp_path / "out")
    for page in sorted((tmp_path / "out").iterdir()):
        text = page.read_text(encoding="utf-8")
        found = Elements()
        found.feed(text)
        assert not found.names & (LIVE - {"svg"}) and "document.title" in "".join(found.text)
        assert not UNPRINTABLE.search(text)
    out = io.StringIO()
    console = Console(file=out, width=100, highlight=False)
    shown.show(history, SPEC, console)
    shown.show_all([history], console)
    assert not UNPRINTABLE.search(out.getvalue()) and "document.title" in out.getvalue()


# --- the command


def test_runs_are_added_shown_and_paged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = ["--db", str(tmp_path / "h.sqlite")]
    runs = [
        str(
            log(
                tmp_path / str(n),
                {"MBOX-2": one, "ROOM-1": P},
                run_id=f"r{n}",
                started=f"2026-01-0{n + 1}T03:00:00+00:00",
            )
        )
        for n, one in enumerate((P, F, P))
    ]
    other = str(log(tmp_path / "o", {"MBOX-2": P}, target={"name": "another"}))
    assert cli.main(["history", "add", *runs, *db]) == 0
    assert capsys.readouterr().out.count(": added (r") == 3
    assert cli.main(["history", "add", runs[0], other, *db]) == 0
    out = capsys.readouterr().out
    assert f"{runs[0]}: was there already (r0, 2026-01-01 03:00)" in out and f"{other}: added" in out
    assert cli.main(["history", "show", *db]) == 0
    out = capsys.readouterr().out
    assert "a server" in out and "another" in out and "█▁█" not in out.split("another")[1]
    assert cli.main(["history", "show", "--target", "a server", *db]) == 0
    out = capsys.readouterr().out
    assert "MBOX-2" in out and "✓✗✓" in out and "33.3 %" in out and "ROOM-1" not in out
    assert cli.main(["history", "page", "--out", str(tmp_path / "pages"), *db]) == 0
    index = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    links = [History(name, []).file for name in ("a server", "another")]
    assert all(f'href="{link}"' in index and (tmp_path / "pages" / link).is_file() for link in links)


def test_what_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = ["--db", str(tmp_path / "h.sqlite")]
    good = str(log(tmp_path / "r", {"MBOX-2": P}))
    assert cli.main(["history", "show", *db]) == 2
    assert "no such history; parley history add RUN makes one" in capsys.readouterr().err
    assert cli.main(["history", "add", good, *db]) == 0
    assert cli.main(["history", "show", "--target", "b", *db]) == 2
    assert "no target 'b'; there is a server" in capsys.readouterr().err
    assert cli.main(["history", "page", "--out", good + "/run.jsonl", *db]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert cli.main(["history", "add", good, "--db", good + "/run.jsonl"]) == 2
    assert "no history, or a damaged one" in capsys.readouterr().err
    assert cli.main(["history", "add", good, "--db", good + "/run.jsonl/h.sqlite"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
