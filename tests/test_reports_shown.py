"""Score card, JUnit and JSON: what they show, and that nothing a target sends does anything in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from report_kit import (
    HOSTILE,
    MARKUP,
    PROFILES,
    UNPRINTABLE,
    a_failure,
    all_of,
    card,
    exchange,
    hostile_records,
    report,
    site,
    verdict,
)

from reports import evidence, writers
from reports.formats import junit, markdown, result
from reports.score import Report
from reports.verdicts import Verdict

V = Verdict


@pytest.fixture
def hostile(tmp_path: Path) -> Report:
    target = {"name": HOSTILE, "base_url": f"http://127.0.0.1/{HOSTILE}", "origins": [HOSTILE]}
    return report(tmp_path, hostile_records(), target=target, stopped=HOSTILE)


# --- the score card -----------------------------------------------------------------------------------------


def test_a_failure_says_what_was_done_wanted_and_got_and_how_to_do_it_again(tmp_path: Path) -> None:
    shown = card(report(tmp_path, a_failure()))
    block = shown[shown.index("MBOX-2") :].split("\n\n")[0]
    assert [line.rstrip() for line in block.splitlines()] == [
        "MBOX-2  MUST  fail  An offer is returned once, and the next read is refused with 404.",
        "  an offer is read once",
        "    alice GET /signaling/offer/room_1 → 200",
        "    bob GET /signaling/offer/room_1 → 200",
        "  wanted  getOffer: 404",
        '  got     200 {"success":true}',
        "  again   curl -sS http://127.0.0.1:8787/signaling/offer/room_1",
        "  spec    protocol 1.0, core, MBOX-2",
    ]


def test_a_failure_shows_the_check_that_failed_before_one_that_was_not_decided(tmp_path: Path) -> None:
    """The verdict is the gravest check's, and so is the evidence beside it; whatever came first."""
    first = verdict("MBOX-2", V.INCONCLUSIVE, reason="a prerequisite failed", check="another")
    flaky = verdict("MBOX-2", V.FLAKY, reason="mixed", check="a_third")
    found = report(tmp_path, [first, flaky, *a_failure()])
    assert "  an offer is read once\n" in card(found).replace(" \n", "\n")
    assert "a prerequisite failed" not in card(found)
    asked = result.result(found)["requirements"]["MBOX-2"]["evidence"]
    assert [one["check"] for one in asked] == ["an offer is read once", "a third", "another"]
    assert markdown.render(found).index("an offer is read once") < markdown.render(found).index("another")


@pytest.mark.parametrize("char", [*"\u061c\xad\u2060\u180e\u206a\ufff9\u115f\u3164\U000e0041\u2028\x9b\r"])
def test_what_is_not_seen_is_shown_as_an_escape(char: str) -> None:
    assert re.fullmatch(r"a(\\u[0-9a-f]{4}|\\U[0-9a-f]{8})\né漢👍", evidence.plain(f"a{char}\né漢👍"))


def test_a_failure_says_how_often_it_was_tried_and_what_the_control_lane_said(tmp_path: Path) -> None:
    *exchanges, failed = a_failure()
    failed |= {"note": "failed in 3 of 3 attempts", "control": {"verdict": "pass", "reason": ""}}
    whole = report(tmp_path, [*exchanges, failed])
    words = "failed in 3 of 3 attempts; the same check passes on Parley's own server here"
    assert f"  tried   {words}" in card(whole)
    assert words.replace("'", "&#39;") in site(whole, tmp_path)["failures/MBOX-2.html"]


def test_like_steps_are_drawn_together_and_only_the_last_ones_shown(tmp_path: Path) -> None:
    many = [exchange(number, actor=f"guest{number // 2}") for number in range(1, 41)]
    failed = a_failure(exchange=40)[-1]
    shown = card(report(tmp_path, [*many, failed]))
    assert "    … 13 steps before\n" in shown
    assert "    guest19 GET /signaling/offer/room_1 → 200  ×2\n" in shown
    assert "guest1 GET" not in shown


def test_a_line_for_the_shell_is_never_broken(tmp_path: Path) -> None:
    curl = "curl " + "x" * 900
    records = a_failure()
    records[1]["request"]["curl"] = curl
    assert f"  again   {curl}\n" in card(report(tmp_path, records), width=60)
    records[1]["request"]["curl"] = curl * 3
    assert "again   a request too long to show: exchange 2 of run.jsonl\n" in card(report(tmp_path, records))


def test_of_many_failures_the_first_ones_are_shown_whole(tmp_path: Path) -> None:
    shown = card(report(tmp_path, all_of(["core"], V.FAIL).values()))
    assert shown.count("  spec    protocol") == 12
    assert re.search(r"^ERR-1 +MUST +fail +because$", shown.replace(" \n", "\n"), re.MULTILINE)


def test_what_was_not_decided_says_why_and_a_may_is_no_failure(tmp_path: Path) -> None:
    records = [
        verdict("ROOM-12", V.NOT_RUN, reason="needs 305 s", cause="time"),
        verdict("ROOM-16", V.NOT_RUN, reason="needs 305 s", cause="time"),
        verdict("MBOX-14", V.FAIL),
        verdict("ROOM-1", V.PASS, note="failed once in company: a crowd"),
        verdict("ROOM-4", V.INCONCLUSIVE, reason="the twin failed"),
    ]
    shown = card(report(tmp_path, records))
    assert re.search(r"ROOM-12, ROOM-16 +not-run: needs 305 s", shown)
    assert re.search(r"MBOX-14 +not offered, and it need not be: ", shown)
    assert re.search(r"ROOM-1 +passed alone, but failed once in company: a crowd", shown)
    assert re.search(r"ROOM-4 +MUST +inconclusive +the twin failed", shown)
    assert "1 not offered" in shown
    assert "1 fail" not in shown


def test_levels_and_score_are_shown_with_what_they_mean(tmp_path: Path) -> None:
    late = {"MBOX-4": verdict("MBOX-4", V.NOT_RUN, cause="time")}
    shown = card(report(tmp_path, {**all_of(PROFILES), **late}.values()), width=120)
    assert re.search(r"^Core +reached, provisionally: MBOX-4 not run", shown, re.MULTILINE)
    assert re.search(
        r"^Secure +not reached: ratelimit, csrf, cors, encryption, concurrency \(not", shown, re.MULTILINE
    )
    assert re.search(r"^Score +98\.\d  of the claimed profiles: core, auth, validation", shown, re.MULTILINE)


def test_a_run_that_was_stopped_says_so(tmp_path: Path) -> None:
    assert "The run was stopped: interrupted" in card(report(tmp_path, a_failure(), stopped="interrupted"))


def test_nothing_unprintable_reaches_the_terminal_and_nothing_is_taken_for_markup(hostile: Report) -> None:
    shown = card(hostile)
    assert UNPRINTABLE.search(shown) is None
    assert "\\u001b[31mred" in shown
    assert "[bold red]x[/]" in shown


# --- JUnit --------------------------------------------------------------------------------------------------


def written(found: Report, folder: Path) -> ET.Element:
    return ET.fromstring(junit.render(found))  # noqa: S314 (it is our own)


def cases(root: ET.Element) -> dict[str, ET.Element]:
    return {str(case.get("classname")): case for case in root.iter("testcase")}


def test_junit_fails_a_build_for_a_must_only(tmp_path: Path) -> None:
    records = [
        *a_failure(),
        verdict("ROOM-1", V.PASS),
        verdict("ROOM-4", V.INCONCLUSIVE),
        verdict("ROOM-6", V.FAIL),
        verdict("ROOM-9", V.HARNESS_ERROR),
        verdict("AUTH-2", V.NOT_RUN, cause="time"),
    ]
    root = written(report(tmp_path, records), tmp_path)
    found = {name: [child.tag for child in case] for name, case in cases(root).items()}
    assert found == {
        "core.MBOX-2": ["failure"],
        "core.ROOM-1": [],
        "core.ROOM-4": ["error"],
        "core.ROOM-6": ["skipped"],
        "core.ROOM-9": ["error"],
        "auth.AUTH-2": ["skipped"],
    }
    counts = {suite.get("name"): [suite.get(k) for k in ("tests", "failures", "errors", "skipped")]
              for suite in root.iter() if suite.tag != "testcase" and suite.get("tests")}  # fmt: skip
    assert counts == {
        "parley": ["6", "1", "2", "2"],
        "core": ["5", "1", "2", "1"],
        "auth": ["1", "0", "0", "1"],
    }
    text = cases(root)["core.MBOX-2"].find("failure").text  # type: ignore[union-attr]
    assert text is not None
    assert "wanted getOffer: 404" in text
    assert "curl -sS http://127.0.0.1:8787/signaling/offer/room_1" in text


def test_junit_shows_an_expected_failure_as_skipped(tmp_path: Path) -> None:
    target = {"expected_failures": [{"id": "MBOX-2", "reason": "known", "issue": None}]}
    root = written(report(tmp_path, a_failure(), target=target), tmp_path)
    assert [child.tag for child in cases(root)["core.MBOX-2"]] == ["skipped"]


def test_junit_is_well_formed_whatever_a_target_sends(hostile: Report, tmp_path: Path) -> None:
    root = written(hostile, tmp_path)
    assert {element.tag for element in root.iter()} == {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "error",
        "skipped",
    }
    assert MARKUP in str(cases(root)["core.MBOX-2"].find("failure").text)  # type: ignore[union-attr]


# --- result.json --------------------------------------------------------------------------------------------


def test_result_json_has_verdict_level_profile_and_evidence_of_each_requirement(tmp_path: Path) -> None:
    found = result.result(report(tmp_path, [*a_failure(), verdict("ROOM-6", V.PASS)]))
    wanted: dict[str, Any] = {"verdict": "fail", "level": "MUST", "profile": "core", "subject": "server"}
    assert wanted.items() <= found["requirements"]["MBOX-2"].items()
    assert found["requirements"]["MBOX-2"]["evidence"] == [
        {
            "check": "an offer is read once",
            "steps": [f"{who} GET /signaling/offer/room_1 → 200" for who in ("alice", "bob", "bob")],
            "wanted": "getOffer: 404",
            "got": '200 {"success":true}',
            "curl": "curl -sS http://127.0.0.1:8787/signaling/offer/room_1",
            "exchange": 2,
        }
    ]
    assert found["requirements"]["ROOM-6"]["evidence"] == []
    assert found["profiles"] == {"core": {"MUST": {"fail": 1}, "SHOULD": {"pass": 1}}}
    assert (found["score"], found["exit_code"], found["levels"]["Core"]["reached"]) == (28.6, 1, False)


def test_all_reports_are_written_into_the_runs_folder(hostile: Report, tmp_path: Path) -> None:
    assert [path.name for path in writers.write_all(hostile, tmp_path)] == [
        "result.json",
        "junit.xml",
        "index.html",
    ]
    assert all(path.parent == tmp_path for path in writers.write_all(hostile, tmp_path))


def test_what_was_measured_is_shown_with_its_requirement(tmp_path: Path) -> None:
    note = "measured: p50 1.5 ms, p95 3.0 ms of 400 messages"
    found = report(tmp_path, [verdict("SLO-5", V.PASS, note=note), verdict("MBOX-2", V.PASS)])
    assert re.search(r"SLO-5 +measured: p50 1\.5 ms", card(found))
    assert note in site(found, tmp_path)["requirements.html"]


def test_fitness_and_the_widgets_score_are_shown(tmp_path: Path) -> None:
    fit = {**verdict("PEER-3", V.FAIL, reason="nothing came"), "as": "fitness"}
    found = report(tmp_path, [verdict("MBOX-2", V.PASS), verdict("PEER-1", V.PASS), fit])
    shown = card(found)
    assert re.search(r"Widget +100 +of the client profiles", shown)
    assert re.search(r"Fitness +0 of 1, not PEER-3", shown)
    assert "PEER-3  MUST  fail (fitness)" in shown
    pages = site(found, tmp_path)
    assert 'id="PEER-3-fitness"' in pages["requirements.html"]
    assert 'href="failures/PEER-3-fitness.html"' in pages["index.html"]
