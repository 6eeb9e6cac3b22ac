"""The gate's rules as a table, baselines as files and as runs, the summary, and the command."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from report_kit import PROFILES, SPEC, UNPRINTABLE, a_failure, all_of
from report_kit import verdict as record
from rich.console import Console
from runs_kit import HOSTILE, NAMES, V, any_outcomes, log, outcome, outcomes, run

from parley import cli
from reports import runlog, runs
from reports.gate import baseline as baselines
from reports.gate import summary
from reports.gate import terminal as shown
from reports.gate.baseline import EXCUSES, Baseline, BaselineError, Known
from reports.gate.rules import Failure, Gated, GateError, Rule, gated
from reports.runs import Outcome, Run
from reports.score import LevelResult
from reports.verdicts import Verdict


def file_of(found: Run, *known: tuple[str, Known]) -> Baseline:
    """What this run found, as an upkept file, with these entries instead."""
    made = baselines.of_run(found, "base.toml")
    side = replace(made.found, known={**made.found.known, **dict(known)})
    return replace(made, upkept=True, found=replace(side, passed=side.passed - dict(known).keys()))


def budgeted(folder: Path) -> None:
    """Makes this log one of a run that had five seconds."""
    file = folder / runlog.FILE
    *lines, last = file.read_text(encoding="utf-8").splitlines()
    ending = {**json.loads(last), "budget": {"seconds": 5.0, "mutants": 1, "of": 2}}
    file.write_text("\n".join((*lines, json.dumps(ending))) + "\n", encoding="utf-8")


def told(found: Gated) -> list[tuple[Rule, str]]:
    return [(failure.rule, failure.name) for failure in found.failures]


# --- the rules, by what was before and what is


@pytest.mark.parametrize(
    "after",
    [one for one in Verdict if one is not V.PASS] + [None],
)
@pytest.mark.parametrize("name", ["MBOX-2", "ROOM-6"])  # a MUST, a SHOULD
def test_a_pass_that_became_anything_else_is_a_regression(name: str, after: Verdict | None) -> None:
    before = run({name: outcome(name, V.PASS)})
    now = run({} if after is None else {name: outcome(name, after)})
    for baseline in (baselines.of_run(before, "runs/a"), file_of(before)):
        found = gated(now, SPEC, baseline)
        assert told(found) == [(Rule.REGRESSION, name)]
        word = "not in this run" if after is None else after.value
        assert word in found.failures[0].why
        assert found.exit_code == (3 if after is V.HARNESS_ERROR else 1)


def test_a_may_that_is_not_offered_any_more_is_told_and_fails_nothing() -> None:
    before, now = (run({"MBOX-14": outcome("MBOX-14", one)}) for one in (V.PASS, V.FAIL))
    found = gated(now, SPEC, file_of(before))
    assert told(found) == []
    assert found.notes == ("MBOX-14, a MAY, is not offered any more",)
    flaky = gated(run({"MBOX-14": outcome("MBOX-14", V.FLAKY)}), SPEC, file_of(before))
    assert told(flaky) == [(Rule.REGRESSION, "MBOX-14")]


@pytest.mark.parametrize(
    ("known", "after", "rule"),
    [
        (V.FAIL, V.FAIL, None),
        (V.FAIL, V.FLAKY, None),
        (V.FAIL, V.INCONCLUSIVE, None),
        (V.FAIL, V.NOT_RUN, None),
        (V.FAIL, V.PASS, Rule.STALE),
        (V.FAIL, V.HARNESS_ERROR, Rule.NEW),
        (V.NOT_RUN, V.NOT_RUN, None),
        (V.NOT_RUN, V.FAIL, Rule.NEW),
        (V.NOT_RUN, V.PASS, Rule.STALE),
        (V.INCONCLUSIVE, V.FAIL, Rule.NEW),
        (V.FLAKY, V.PASS, None),
        (V.FLAKY, V.FLAKY, None),
        (V.FLAKY, V.FAIL, Rule.NEW),
        (V.EXPECTED_FAIL, V.FAIL, None),
        (V.FAIL, None, None),
    ],
)
def test_what_an_entry_excuses(known: Verdict, after: Verdict | None, rule: Rule | None) -> None:
    now = run({} if after is None else {"MBOX-2": outcome("MBOX-2", after)})
    found = gated(now, SPEC, file_of(run({}), ("MBOX-2", Known(known, "known"))))
    assert told(found) == ([] if rule is None else [(rule, "MBOX-2")])
    if after not in (known, None) and rule is None:
        assert any("MBOX-2" in note for note in found.notes), "a change that is excused is told"


def test_of_a_run_as_baseline_nothing_is_stale() -> None:
    before, now = run(outcomes(MBOX_2=V.FAIL)), run(outcomes(MBOX_2=V.PASS))
    found = gated(now, SPEC, baselines.of_run(before, "runs/a"))
    assert found.passed and found.notes == ("MBOX-2 passes; it was fail before",)


@pytest.mark.parametrize("verdict", [V.FAIL, V.FLAKY, V.INCONCLUSIVE, V.HARNESS_ERROR])
def test_a_new_red_must_fails_and_a_new_red_should_is_told(verdict: Verdict) -> None:
    baseline = file_of(run({}))
    must = gated(run({"MBOX-2": outcome("MBOX-2", verdict)}), SPEC, baseline)
    assert told(must) == [(Rule.NEW, "MBOX-2")]
    should = gated(run({"ROOM-6": outcome("ROOM-6", verdict)}), SPEC, baseline)
    assert should.passed and "ROOM-6, a SHOULD, is" in should.notes[0]


@pytest.mark.parametrize("verdict", [V.NOT_RUN, V.EXPECTED_FAIL, V.NOT_APPLICABLE, V.NOT_CLAIMED])
def test_what_is_not_red_and_never_passed_fails_nothing(verdict: Verdict) -> None:
    assert gated(run({"MBOX-2": outcome("MBOX-2", verdict)}), SPEC, file_of(run({}))).passed


def test_a_may_that_is_left_out_is_not_even_told() -> None:
    found = gated(run(outcomes(MBOX_14=V.FAIL)), SPEC, file_of(run({})))
    assert (found.failures, found.notes) == ((), ())


@pytest.mark.parametrize(("expires", "rule"), [("2026-01-02", None), ("2026-01-01", Rule.EXPIRED)])
@pytest.mark.parametrize("verdict", [V.FAIL, V.EXPECTED_FAIL])
def test_an_entry_excuses_up_to_its_last_day(expires: str, rule: Rule | None, verdict: Verdict) -> None:
    entry = Known(V.FAIL, "known", expires=expires)
    now = run({"MBOX-2": outcome("MBOX-2", verdict)}, started="2026-01-02T23:59:59+00:00")
    found = gated(now, SPEC, file_of(run({}), ("MBOX-2", entry)))
    assert told(found) == ([] if rule is None else [(rule, "MBOX-2")])


def test_an_id_that_neither_spec_nor_run_knows_is_an_error_of_a_file_only() -> None:
    before = run({**outcomes(MBOX_2=V.PASS), "OLD-1": Outcome(V.FAIL, "fail", "x")})
    now = run(outcomes(MBOX_2=V.PASS))
    assert told(gated(now, SPEC, file_of(before))) == [(Rule.UNKNOWN, "OLD-1")]
    assert gated(now, SPEC, baselines.of_run(before, "runs/a")).passed


@pytest.mark.parametrize("name", ["MBOX-2", "ROOM-6"])  # a MUST, a SHOULD
@pytest.mark.parametrize(("known", "excused"), [(None, False), (V.FAIL, False), (V.NOT_RUN, True)])
def test_a_must_not_run_for_a_cause_that_fails_the_run_fails_the_gate(
    name: str, known: Verdict | None, excused: bool
) -> None:
    now = run({name: replace(outcome(name, V.NOT_RUN), pardoned=False)})
    entries = () if known is None else ((name, Known(known, "known")),)
    expected = [(Rule.NEW, name)] if name == "MBOX-2" and not excused else []
    assert told(gated(now, SPEC, file_of(run({}), *entries))) == expected
    if known is None:
        assert told(gated(now, SPEC)) == expected
    expired = Known(V.NOT_RUN, "known", expires="2026-01-01")
    assert told(gated(now, SPEC, file_of(run({}), (name, expired)))) == [(Rule.EXPIRED, name)]


def test_a_run_for_want_of_tokens_ends_as_its_score_does(tmp_path: Path) -> None:
    for cause, pardoned in (("tokens", False), ("time", True), ("gentle", True), ("stopped", False)):
        more = (record("MBOX-2", V.NOT_RUN, reason="because", cause=cause), record("MBOX-3", V.PASS))
        found = runs.read(log(tmp_path / cause, {}, more=more), SPEC)
        assert found.found["MBOX-2"].pardoned is pardoned
        assert gated(found, SPEC).exit_code == found.exit_code == (0 if pardoned else 1)


def test_a_run_by_another_spec_is_not_gated() -> None:
    with pytest.raises(GateError, match=r"judged by another spec, .*--spec DIR gives its own"):
        gated(run({}, spec_hash="0" * 64), SPEC)


def test_a_known_failure_that_vanished_is_told(tmp_path: Path) -> None:
    entry = Known(V.FAIL, "known")
    before = run(outcomes(MBOX_2=V.FAIL))
    for baseline in (baselines.of_run(before, "runs/a"), file_of(before)):
        gone = gated(run({}), SPEC, baseline)
        assert gone.passed and gone.notes == ("MBOX-2 is known as fail, and is not in this run",)
    for verdict in (V.NOT_APPLICABLE, V.NOT_CLAIMED):
        now = run(outcomes(MBOX_2=verdict))
        found = gated(now, SPEC, baselines.of_run(before, "runs/a"))
        assert found.passed
        assert found.notes == (f"MBOX-2 is known as fail, and no longer counts: {verdict}: because",)
        found = gated(now, SPEC, file_of(run({}), ("MBOX-2", entry)))
        assert told(found) == [(Rule.STALE, "MBOX-2")] and found.notes == ()


def test_what_a_budget_left_out_is_told(tmp_path: Path) -> None:
    folder = log(tmp_path, {"MBOX-2": V.PASS})
    budgeted(folder)
    notes = gated(runs.read(folder, SPEC), SPEC).notes
    assert "the run had 5 s: what it left out is not-run" in notes
    assert "the run was narrowed to 1 requirement" in notes


def test_a_problem_of_the_run_fails_the_gate() -> None:
    assert told(gated(run({}, problems=("MBOX-2 was expected to fail",)), SPEC, file_of(run({})))) == [
        (Rule.PROBLEM, "")
    ]


def test_fitness_is_held_against_fitness_and_is_new_only_where_peers_are_claimed() -> None:
    before = run({}, fitness=outcomes(PEER_1=V.PASS))
    now = run({}, fitness=outcomes(PEER_1=V.FAIL, PEER_2=V.FAIL))
    found = gated(now, SPEC, baselines.of_run(before, "runs/a"))
    assert [(f.rule, f.name, f.fitness) for f in found.failures] == [(Rule.REGRESSION, "PEER-1", True)]
    claimed = gated(replace(now, claims=("core", "peer")), SPEC, baselines.of_run(before, "runs/a"))
    assert [f.name for f in claimed.failures] == ["PEER-1", "PEER-2"]


# --- levels


def at(level: LevelResult, found: dict[str, Outcome] | None = None) -> Run:
    return run(found or {}, levels=(level,))


REACHED = LevelResult("Core", True, (), ())
PROVISIONAL = LevelResult("Core", True, ("MBOX-4",), ())
LACKING = LevelResult("Core", False, (), ("MBOX-2", "profile auth: not claimed"))


def test_a_level_that_is_reached_passes_and_one_that_is_not_names_what_is_missing() -> None:
    assert gated(at(REACHED), SPEC, level="Core").passed
    (failure,) = gated(at(LACKING), SPEC, level="Core").failures
    assert (failure.rule, failure.why) == (Rule.LEVEL, "not reached: MBOX-2, auth (not claimed)")
    (failure,) = gated(at(REACHED), SPEC, level="Secure").failures
    assert failure.why == "no requirement of it was asked"


def test_a_provisional_level_passes_where_the_baseline_knows_what_was_not_run() -> None:
    unrun = outcomes(MBOX_4=V.NOT_RUN)
    assert gated(at(PROVISIONAL, unrun), SPEC, level="Core").passed
    assert gated(at(PROVISIONAL, unrun), SPEC, file_of(run(unrun)), "Core").passed
    found = gated(at(PROVISIONAL, unrun), SPEC, file_of(run({})), "Core")
    assert [f.why for f in found.failures] == [
        "reached only provisionally: MBOX-4 not run, and the baseline does not know that"
    ]
    passed = gated(at(PROVISIONAL, unrun), SPEC, file_of(run(outcomes(MBOX_4=V.PASS))), "Core")
    assert told(passed) == [(Rule.REGRESSION, "MBOX-4")], "told once"
    failing = gated(at(PROVISIONAL, unrun), SPEC, file_of(run({}), ("MBOX-4", Known(V.FAIL, "x"))), "Core")
    assert [f.why for f in failing.failures] == [
        "reached only provisionally: MBOX-4 (known as fail) not run, and the baseline does not know that"
    ]
    lapsed = Known(V.NOT_RUN, "no time", expires="2025-12-31")
    assert not gated(at(PROVISIONAL, unrun), SPEC, file_of(run({}), ("MBOX-4", lapsed)), "Core").passed


def test_without_a_baseline_the_level_alone_decides_and_without_either_every_red_must() -> None:
    red = outcomes(PARTY_1=V.FAIL, PARTY_2=V.PASS)
    found = gated(at(REACHED, red), SPEC, level="Core")
    assert found.passed and "PARTY-1" in found.notes[0]
    assert told(gated(at(REACHED, red), SPEC)) == [(Rule.NEW, "PARTY-1")]


def test_a_level_lost_by_errors_of_our_own_alone_is_our_error() -> None:
    lost = LevelResult("Core", False, (), ("MBOX-2",))
    assert gated(at(lost, outcomes(MBOX_2=V.HARNESS_ERROR)), SPEC, level="Core").exit_code == 3
    assert gated(at(lost, outcomes(MBOX_2=V.FAIL)), SPEC, level="Core").exit_code == 1


# --- what is not judged


@pytest.mark.parametrize(
    ("change", "level", "said"),
    [
        ({"stopped": "interrupted"}, None, "the run was stopped"),
        ({"exit_code": 2}, None, "nothing was decided"),
        ({}, "Cor", "'Cor' is no level; did you mean Core?"),
        (
            {"target": "another"},
            None,
            "base.toml: target: expected 'another', as the run has it, got 'a server'",
        ),
    ],
)
def test_what_is_no_result_or_of_something_else_is_not_judged(
    change: dict[str, Any], level: str | None, said: str
) -> None:
    with pytest.raises(GateError, match=said):
        gated(run({}, **change), SPEC, file_of(run({})), level)


def test_another_target_is_taken_where_that_is_said_and_another_spec_is_told() -> None:
    baseline = replace(file_of(run({})), spec_hash="f" * 64)
    found = gated(run({}, target="another", claims=("core",)), SPEC, baseline, any_target=True)
    assert found.passed
    assert [note.split(":")[0] for note in found.notes] == [
        "the baseline is of another target, a server",
        "the baseline was made by another spec",
        "no longer claimed",
    ]


# --- properties


@settings(deadline=None)
@given(any_outcomes(), any_outcomes())
def test_a_run_passes_against_itself(found: dict[str, Outcome], fitness: dict[str, Outcome]) -> None:
    one = run(found, fitness=fitness, claims=("core", "peer"))
    assert gated(one, SPEC, baselines.of_run(one, "runs/a")).passed


@settings(deadline=None)
@given(any_outcomes(), any_outcomes(), st.sampled_from(NAMES), st.sampled_from(list(EXCUSES)))
def test_a_run_passes_against_the_baseline_written_of_it(
    tmp_path_factory: pytest.TempPathFactory,
    found: dict[str, Outcome],
    before: dict[str, Outcome],
    name: str,
    known: Verdict,
) -> None:
    file = tmp_path_factory.getbasetemp() / "written.toml"
    old = file_of(run(before), (name, Known(known, "words of people", "https://issue.test/1", "2026-12-31")))
    one = run(found, fitness=before, claims=("core", "peer"))
    file.write_text(baselines.text(one, old), encoding="utf-8")
    assert gated(one, SPEC, baselines.read(file)).failures == ()


# --- the file


def test_what_people_wrote_stays_where_it_does_not_pass_yet(tmp_path: Path) -> None:
    file = tmp_path / "base.toml"
    words = Known(V.FAIL, "we know", "https://issue.test/1", "2026-12-31")
    flaky = Known(V.FLAKY, "now and then")
    before = file_of(run({}), ("MBOX-2", words), ("MBOX-3", words), ("ROOM-1", words), ("VAL-1", flaky))
    now = run(outcomes(MBOX_2=V.FAIL, MBOX_3=V.PASS, ROOM_1=V.NOT_RUN, VAL_1=V.PASS))
    file.write_text(baselines.text(now, before), encoding="utf-8")
    found = baselines.read(file)
    assert found.found.known == {
        "MBOX-2": words,
        "ROOM-1": replace(words, verdict=V.NOT_RUN),
        "VAL-1": flaky,
    }
    assert found.found.passed == {"MBOX-3"}
    assert baselines.dropped(now, before) == [("MBOX-3", words)]


def test_a_baseline_of_a_hostile_target_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "base.toml"
    one = run({"MBOX-2": Outcome(V.FAIL, "fail", HOSTILE + '"""\n[[known]]\nid = "x"')}, target=HOSTILE)
    file.write_text(baselines.text(one), encoding="utf-8", errors="strict")
    found = baselines.read(file)
    assert list(found.found.known) == ["MBOX-2"] and "alert(1)" in found.found.known["MBOX-2"].reason
    assert not UNPRINTABLE.search(file.read_text(encoding="utf-8"))


GOOD = f"""
format = 1
target = "a server"
profiles = ["core"]
passed = ["MBOX-3"]
[spec]
version = "1.0"
hash = "{"0" * 64}"
[[known]]
id = "MBOX-2"
verdict = "fail"
reason = "we know"
expires = "2027-01-31"
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", "format: expected 1"),
        ("format = 1", "formt = 1", "formt: unknown key; did you mean format?"),
        ('target = "a server"', "", "target: missing; expected the name of the target"),
        ('verdict = "fail"', 'verdict = "pass"', 'known[0].verdict: expected "fail"'),
        ('reason = "we know"', 'reason = ""', "known[0].reason: expected why it does not pass, in words"),
        ("2027-01-31", "soon", "known[0].expires: expected the last day"),
        ('"2027-01-31"', "2027-01-31", "known[0].expires: expected the last day as a text, such as"),
        ("2027-01-31", "2026-02-31", "known[0].expires: expected a day that there is, got '2026-02-31'"),
        ('id = "MBOX-2"', 'id = "MBOX-3"', "known[0].id: expected an id that did not pass, got 'MBOX-3'"),
        ('passed = ["MBOX-3"]', "passed = 3", "passed: expected a list of the ids that passed"),
        ("format = 1", "format = ", "not readable as TOML"),
        (
            "[[known]]",
            '[[known]]\nid = "MBOX-2"\nverdict = "fail"\nreason = "x"\n[[known]]',
            "known[1].id: expected",
        ),
    ],
)
def test_an_error_in_a_baseline_names_file_key_and_what_was_expected(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    file = tmp_path / "base.toml"
    file.write_text(GOOD, encoding="utf-8")
    assert baselines.read(file).found.known["MBOX-2"].expires == date(2027, 1, 31).isoformat()
    assert old in GOOD
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(BaselineError) as caught:
        baselines.read(file)
    assert str(caught.value).startswith(f"{file}: ") and said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_schema_of_baselines_is_one() -> None:
    jsonschema_rs.meta.validate(baselines.KIND.schema)
    known = baselines.KIND.schema["$defs"]["known"]["items"]["properties"]["verdict"]["enum"]
    assert set(known) == {verdict.value for verdict in EXCUSES}


# --- what is shown


def test_the_summary_has_sentence_wanted_got_and_curl(tmp_path: Path) -> None:
    folder = log(tmp_path, {"ROOM-1": V.PASS}, more=tuple(a_failure()))
    report = runs.evaluated(runlog.read(folder), SPEC, folder)
    found = gated(runs.brief(report, SPEC), SPEC, file_of(run(outcomes(MBOX_2=V.PASS, ROOM_1=V.PASS))))
    text = summary.text(found, report)
    assert text.startswith("## ❌ failed: Parley gate of `a server`")
    assert "| regression | **MBOX-2** |" in text and SPEC.requirement("MBOX-2").sentence in text
    assert "wanted  getOffer: 404\ngot     200" in text and "```sh\ncurl -sS http://127.0.0.1" in text
    passed = gated(runs.brief(report, SPEC), SPEC, baselines.of_run(runs.brief(report, SPEC), "runs/a"))
    assert summary.text(passed, report).startswith("## ✅ passed")


def hostile_report(tmp_path: Path, names: list[str]) -> tuple[Gated, Any]:
    more = [
        one
        for name in names
        for one in [
            {
                **a_failure(
                    reason=HOSTILE,
                    case=HOSTILE,
                    failure={"about": HOSTILE, "wanted": HOSTILE, "got": HOSTILE * 40},
                )[-1],
                "requirement": name,
            }
        ]
    ]
    exchanges = [{**one, "request": {**one["request"], "curl": HOSTILE}} for one in a_failure()[:3]]
    target = {"name": HOSTILE, "profiles": PROFILES}
    folder = log(tmp_path, {}, target=target, more=(*exchanges, *more), run_id=HOSTILE, intended=names)
    report = runs.evaluated(runlog.read(folder), SPEC, folder)
    passed = run({name: outcome(name, V.PASS) for name in names}, target=f"{HOSTILE} of another name")
    entry = (HOSTILE, Known(V.FAIL, "x"))
    return gated(runs.brief(report, SPEC), SPEC, file_of(passed, entry), any_target=True), report


def test_the_summary_of_a_hostile_target_is_text(tmp_path: Path) -> None:
    found, report = hostile_report(tmp_path, ["MBOX-2"])
    text = summary.text(found, report)
    assert not UNPRINTABLE.search(text)
    html = MarkdownIt("gfm-like", {"html": True}).render(text)
    assert "&lt;script&gt;" in html, "it came through, as text"
    assert "<script" not in html and "<img" not in html and "<a " not in html and "<h1" not in html
    # GitHub makes mentions of what stands outside of code.
    outside = html
    for tag in ("pre", "code"):
        while f"<{tag}" in outside:
            start = outside.index(f"<{tag}")
            outside = outside[:start] + outside[outside.index(f"</{tag}>", start) + len(tag) + 3 :]
    assert "@team" not in outside and "#1" not in outside and "evil" not in outside
    assert html.count("<details>") == html.count("</details>") > 0
    assert html.count("<tr>") == html.count("</tr>") and html.count("<td>") % 3 == 0


def test_what_has_one_reason_is_told_once(tmp_path: Path) -> None:
    before = run(outcomes(MBOX_2=V.PASS, MBOX_3=V.PASS, ROOM_1=V.PASS))
    found = gated(run(outcomes(ROOM_1=V.FAIL)), SPEC, baselines.of_run(before, "runs/a"))
    assert [[one.name for one in group] for group in found.grouped] == [["MBOX-2", "MBOX-3"], ["ROOM-1"]]
    out = io.StringIO()
    shown.show(found, Console(file=out, width=100, highlight=False))
    assert "MBOX-2, MBOX-3" in out.getvalue() and out.getvalue().count("is not in this run") == 1
    assert "The gate fails: 3 findings." in out.getvalue()


def test_a_long_summary_is_cut_and_says_so(tmp_path: Path) -> None:
    names = list(all_of(PROFILES))
    found, report = hostile_report(tmp_path, names)
    text = summary.text(found, report)
    assert len(text) <= 65_536
    assert "more is in the report of the run." in text and text.count("<details>") == text.count("</details>")
    ticks = [replace(one, why=f"{n}{'`' * 900}") for n, one in enumerate(found.failures)]
    notes = tuple(f"{n}{'`' * 900}" for n in range(100))
    worst = summary.text(replace(found, failures=tuple(ticks), notes=notes), report)
    assert len(worst) <= 65_536 and "more reasons" in worst and worst.count("\n- ") == summary.NOTES + 1


def test_the_terminal_gets_no_escape_and_no_markup(tmp_path: Path) -> None:
    found, _ = hostile_report(tmp_path, ["MBOX-2"])
    wrong = Failure(Rule.PROBLEM, "[/]", "[/bold] [link=http://evil.test]x[/link]")
    found = replace(found, failures=(*found.failures, wrong), notes=("[/]",))
    out = io.StringIO()
    shown.show(found, Console(file=out, width=100, highlight=False))
    assert not UNPRINTABLE.search(out.getvalue()) and "[bold red]x[/]" in out.getvalue().replace("\n", "")
    assert "The gate fails" in out.getvalue() and wrong.why in out.getvalue()


# --- the command


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return log(tmp_path / "good", dict.fromkeys(all_of(PROFILES), V.PASS))


def test_a_baseline_is_written_gated_by_and_found_stale(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, out = tmp_path / "base.toml", tmp_path / "summary.md"
    bad = log(tmp_path / "bad", {**dict.fromkeys(all_of(PROFILES), V.PASS), "MBOX-2": V.FAIL})
    assert cli.main(["gate", str(bad), "--write-baseline", str(base)]) == 0
    assert cli.main(["gate", str(bad), "--baseline", str(base)]) == 0
    assert cli.main(["gate", str(bad), "--baseline", str(base), "--level", "Core"]) == 1
    assert cli.main(["gate", str(bad), "--baseline", str(good)]) == 1
    assert cli.main(["gate", str(good), "--baseline", str(bad), "--level", "Core"]) == 0
    capsys.readouterr()
    out.write_text("# Before\n", encoding="utf-8")
    assert cli.main(["gate", str(good), "--baseline", str(base), "--summary", str(out)]) == 1
    said = capsys.readouterr().out
    assert "stale entry" in said and f"parley gate RUN --write-baseline {base}" in said
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# Before\n## ❌ failed") and "stale entry" in text
    assert cli.main(["gate", str(good), "--write-baseline", str(base)]) == 0
    assert cli.main(["gate", str(good), "--baseline", str(base), "--summary", "-"]) == 0
    assert "## ✅ passed" in capsys.readouterr().out


def test_what_is_no_result_fails_with_2_and_one_line(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (good / "run.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    cut, empty = tmp_path / "cut.jsonl", tmp_path / "empty.jsonl"
    cut.write_text("".join(lines[:-1]), encoding="utf-8")
    empty.write_text("", encoding="utf-8")
    unrun = log(tmp_path / "unrun", dict.fromkeys(all_of(PROFILES), V.NOT_RUN))
    stopped = log(tmp_path / "stopped", {"MBOX-2": V.PASS}, stopped="interrupted")
    load = log(tmp_path / "load", {}, options={"time": "real", "load": {"profile": "steady"}})
    out = tmp_path / "summary.md"
    for words, why in (
        ([cut], "cut off"),
        ([empty], "empty"),
        ([unrun], "nothing was decided"),
        ([stopped], "the run was stopped (interrupted)"),
        ([load], "a load run"),
        ([tmp_path / "nowhere"], "not found"),
        ([good, "--baseline", cut], "cut off"),
        ([good, "--baseline", unrun], "nothing was decided"),
        ([good, "--baseline", tmp_path / "no.toml"], "no such file; `parley gate RUN --write-baseline FILE`"),
        ([good, "--level", "Best"], "--level: 'Best' is no level"),
    ):
        assert cli.main(["gate", *map(str, words), "--summary", str(out)]) == 2, words
        err = capsys.readouterr().err
        assert err.startswith("parley: ") and err.count("\n") == 1 and why in err
        text = out.read_text(encoding="utf-8")
        assert text.startswith("## ⛔ Parley gate: no result") and why.split("`")[0] in text
        out.unlink()


def test_a_baseline_is_not_written_over_by_less(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = tmp_path / "base.toml"
    bad = log(tmp_path / "bad", {**dict.fromkeys(all_of(PROFILES), V.PASS), "MBOX-2": V.FAIL})
    assert cli.main(["gate", str(bad), "--write-baseline", str(base)]) == 0
    written = base.read_text(encoding="utf-8").replace('"because"', '"we know"')
    base.write_text(written, encoding="utf-8")
    other = log(tmp_path / "other", dict.fromkeys(all_of(PROFILES), V.PASS), target={"name": "another"})
    narrow = log(tmp_path / "narrow", {"MBOX-2": V.PASS})
    short = log(tmp_path / "short", dict.fromkeys(all_of(PROFILES), V.PASS))
    budgeted(short)
    stopped = log(tmp_path / "stopped", {"MBOX-2": V.PASS}, stopped="interrupted")
    capsys.readouterr()
    for words, why in (
        ([other], "target: expected 'another', as the run has it, got 'a server'; --any-target"),
        ([narrow], "the run was narrowed; a baseline is of a whole run"),
        ([short], "the run had 5 s"),
        ([stopped], "the run was stopped"),
        ([good, "--level", "Core"], "--level: --write-baseline gates nothing"),
        ([good, "--summary", tmp_path / "s.md"], "--summary: --write-baseline gates nothing"),
    ):
        assert cli.main(["gate", *map(str, words), "--write-baseline", str(base)]) == 2
        err = capsys.readouterr().err
        assert err.startswith("parley: ") and err.count("\n") == 1 and why in err
        assert base.read_text(encoding="utf-8") == written
    assert cli.main(["gate", str(other), "--write-baseline", str(base), "--any-target"]) == 0
    assert "Dropped MBOX-2, known as fail: we know" in capsys.readouterr().out


def test_the_summary_is_there_though_nobody_reads_the_terminal(good: Path, tmp_path: Path) -> None:
    out = tmp_path / "summary.md"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shown, "show", closed_pipe)
        cli.main(["gate", str(good), "--summary", str(out)])
    assert "✅ passed" in out.read_text(encoding="utf-8")


def closed_pipe(*_: object) -> None:
    raise BrokenPipeError


def test_an_error_of_our_own_alone_ends_with_3(tmp_path: Path) -> None:
    before = log(tmp_path / "a", {"MBOX-2": V.PASS, "MBOX-3": V.PASS})
    ours = log(tmp_path / "b", {"MBOX-2": V.HARNESS_ERROR, "MBOX-3": V.PASS})
    both = log(tmp_path / "c", {"MBOX-2": V.HARNESS_ERROR, "MBOX-3": V.FAIL})
    assert cli.main(["gate", str(ours), "--baseline", str(before)]) == cli.OUR_ERROR == 3
    assert cli.main(["gate", str(both), "--baseline", str(before)]) == 1


def test_a_baseline_has_an_id_a_line_so_that_a_review_shows_what_changed(good: Path, tmp_path: Path) -> None:
    base = tmp_path / "base.toml"
    assert cli.main(["gate", str(good), "--write-baseline", str(base)]) == 0
    lines = base.read_text(encoding="utf-8").splitlines()
    assert lines.count(f"  {json.dumps('MBOX-2')},") == 1
