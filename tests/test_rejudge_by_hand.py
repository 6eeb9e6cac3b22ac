"""Rejudging, from logs made by hand: each way for a verdict to turn, and to stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rejudge_kit import ATTEMPT, LAXER, NAME, STRICTER, V, by, expected, judged, settled, tried
from report_kit import SPEC, exchange

from protocol.expected import Refuse
from protocol.transcript import VALUE_CHARS
from reports.rejudge import OPEN
from reports.runlog import Record
from reports.verdicts import Verdict

# -- what turns


def test_a_pass_becomes_a_fail_that_says_why(tmp_path: Path) -> None:
    found = judged(tmp_path, expected(404, True), settled(V.PASS), spec=STRICTER)
    (flip,) = found.flips
    assert (flip.requirement, flip.was, flip.now) == (NAME, V.PASS, V.FAIL)
    assert flip.why == "it_holds: wanted 410; got 404"
    assert (found.expectations, found.attempts, found.unsupported) == (1, 1, ())
    (record,) = found.after.findings[0].checks
    assert (record["verdict"], record["attempt"], record["note"]) == ("fail", ATTEMPT, "")
    assert found.before.score == 100 and found.after.score == 0


@pytest.mark.parametrize("role", ["given", "twin"])
def test_a_prerequisite_that_breaks_makes_it_inconclusive(role: str, tmp_path: Path) -> None:
    records = [expected(404, True, role=role), expected(404, True), settled(V.PASS)]
    (flip,) = judged(tmp_path, *records, spec=STRICTER).flips
    assert flip.now is V.INCONCLUSIVE
    assert flip.why == "it_holds: wanted 410; got 404"


def test_a_fail_of_which_the_expectation_holds_now_is_left_open(tmp_path: Path) -> None:
    records = [expected(200, False), settled(V.FAIL, failure={"about": "a", "wanted": "b", "got": "c"})]
    found = judged(tmp_path, *records, spec=LAXER)
    assert [(flip.now, flip.why) for flip in found.flips] == [(V.INCONCLUSIVE, f"it_holds: {OPEN}")]
    assert "failure" not in found.after.findings[0].checks[0]


def test_a_fail_that_becomes_a_fail_for_another_reason_does_not_flip(tmp_path: Path) -> None:
    found = judged(tmp_path, expected(200, False), settled(V.FAIL, reason="then"), spec=STRICTER)
    assert found.flips == ()
    assert found.after.findings[0].checks == found.before.findings[0].checks


def test_the_first_expectation_that_breaks_is_the_reason(tmp_path: Path) -> None:
    records = [expected(404, True), expected(405, True, arguments={"statuses": [405]})]
    records += [expected(403, True, arguments={"statuses": [403], "from": "requirement"}), settled(V.PASS)]
    found = judged(tmp_path, *records, spec=by(expected=Refuse((404, 405))))
    (flip,) = found.flips
    assert (found.expectations, found.attempts) == (3, 1)
    assert flip.why == "it_holds: wanted 404 or 405; got 403"


@pytest.mark.parametrize(
    ("safety", "now"),
    [(False, V.FLAKY), (True, V.FAIL)],
)
def test_where_one_violation_is_proof_one_try_that_turns_is_enough(
    safety: bool, now: Verdict, tmp_path: Path
) -> None:
    """The second try passes still, so without that it would be flaky."""
    second = {"attempt": f"{NAME} it_holds#2", "arguments": {"statuses": [404]}}
    tries = [tried(1, V.PASS), tried(2, V.PASS)]
    record = settled(V.PASS, tries=tries, attempts=2) | ({"safety": True} if safety else {})
    found = judged(tmp_path, expected(404, True), expected(404, True, **second), record, spec=STRICTER)
    (flip,) = found.flips
    assert (flip.was, flip.now) == (V.PASS, now)
    assert "wanted 410; got 404" in flip.why
    record = found.after.findings[0].checks[0]
    assert (record["attempt"], record["note"]) == (ATTEMPT, "failed in 1 of 2 attempts" if safety else "")


def test_of_tries_of_which_one_turns_the_others_keep_their_reason(tmp_path: Path) -> None:
    """The first fail is now left open, the second is what it was: 403 is neither 404 nor 200."""
    second = expected(403, False, attempt=f"{NAME} it_holds#2")
    tries = [tried(1, V.FAIL), tried(2, V.FAIL)]
    records = [expected(200, False), second, settled(V.FAIL, tries=tries, reason="as it was then")]
    found = judged(tmp_path, *records, spec=LAXER)
    assert found.flips == ()
    (record,) = found.after.findings[0].checks
    assert (record["attempt"], record["reason"]) == (f"{NAME} it_holds#2", "as it was then")


def test_where_what_failed_now_and_then_holds_it_passes(tmp_path: Path) -> None:
    """The try that failed is left open, and those that came after it passed."""
    second, third = ({"attempt": f"{NAME} it_holds#{number}"} for number in (2, 3))
    tries = [tried(1, V.FAIL), tried(2, V.PASS), tried(3, V.PASS)]
    records = [expected(200, False), expected(404, True, **second), expected(404, True, **third)]
    (flip,) = judged(tmp_path, *records, settled(V.FLAKY, tries=tries), spec=LAXER).flips
    assert (flip.was, flip.now) == (V.FLAKY, V.PASS)
    assert flip.why == "it_holds: what did not hold now does"


def test_the_check_that_turned_is_the_reason(tmp_path: Path) -> None:
    other = f"{NAME} another#1"
    records = [expected(404, True, arguments={"statuses": [404]}), settled(V.PASS)]
    records += [expected(404, True, attempt=other), settled(V.PASS, check="another", attempt=other)]
    (flip,) = judged(tmp_path, *records, spec=STRICTER).flips
    assert flip.why == "another: wanted 410; got 404"


def test_an_attempt_of_a_case_with_spaces_is_its_requirements(tmp_path: Path) -> None:
    attempt = f"{NAME} it_holds a case of it#1"
    records = [expected(404, True, attempt=attempt), settled(V.PASS, case="a case of it", attempt=attempt)]
    assert [flip.now for flip in judged(tmp_path, *records, spec=STRICTER).flips] == [V.FAIL]


def test_a_schema_is_asked_again_of_the_body_that_came(tmp_path: Path) -> None:
    """Of what a check had problems with, the other spec may have none, and the other way round."""
    body = {"body": {"bytes": 9, "json": {"error": "no"}}}
    shaped = expected(0, False, predicate="without_problems", observed={"problems": ["error: is missing"]})
    shaped["arguments"] = {"schema": "an error", "validator": "error"}
    found = judged(tmp_path, exchange(1, answer=body), shaped, settled(V.FAIL))
    assert [flip.why for flip in found.flips] == [f"it_holds: {OPEN}"]
    bad = {"body": {"bytes": 9, "json": {"success": True}}}
    found = judged(
        tmp_path,
        exchange(1, answer=bad),
        {**shaped, "observed": {"problems": []}, "outcome": True},
        settled(V.PASS),
    )
    (flip,) = found.flips
    assert flip.why == (
        "it_holds: wanted a body valid for an error; got [': has none of the possible shapes']"
    )


def test_of_a_sealed_body_what_was_opened_is_asked(tmp_path: Path) -> None:
    sealed = {
        "body": {"bytes": 9, "json": {"data": "AAAA"}},
        "decrypted": {"status": "ok", "service": "x", "timestamp": 1},
    }
    shaped = expected(0, True, predicate="without_problems", observed={"problems": []})
    shaped["arguments"] = {"schema": "the health answer", "validator": "response health"}
    assert judged(tmp_path, exchange(1, answer=sealed), shaped, settled(V.PASS)).flips == ()
    sealed["decrypted"] = {"status": "ok"}
    (flip,) = judged(tmp_path, exchange(1, answer=sealed), shaped, settled(V.PASS)).flips
    assert "service: is missing" in flip.why


ALTERED = {"redacted": True, "predicate": "equals", "arguments": {"value": "«a token»"}}


@pytest.mark.parametrize(
    ("answer", "validator"),
    [
        ({"body": {"bytes": 9, "sha256": "of a long one"}}, "error"),
        ({"body": {"bytes": 9, "json": {}}}, "response gone"),
        ({"body": {"bytes": 9, "json": {}}}, "response health2"),
    ],
)
def test_a_body_that_cannot_be_asked_again_leaves_what_was_found(
    answer: Record, validator: str, tmp_path: Path
) -> None:
    shaped = expected(0, True, predicate="without_problems", observed={"problems": []})
    shaped["arguments"] = {"schema": "it", "validator": validator}
    assert judged(tmp_path, exchange(1, answer=answer), shaped, settled(V.PASS)).flips == ()


def test_where_no_answer_came_there_is_nothing_valid(tmp_path: Path) -> None:
    shaped = expected(0, False, predicate="without_problems", observed={"problems": ["it is not there"]})
    shaped["arguments"] = {"schema": "an error", "validator": "error"}
    record = exchange(1, status=None)
    record["answer"].pop("body", None)
    assert judged(tmp_path, record, shaped, settled(V.FAIL)).flips == ()


def test_two_bodies_are_asked_each_by_its_own_schema(tmp_path: Path) -> None:
    good, bad = {"body": {"bytes": 9, "json": {"error": "no"}}}, {"body": {"bytes": 9, "json": {}}}
    arguments = {"schema": "an error", "validator": "error"}
    shaped = expected(0, True, predicate="without_problems", observed={"problems": []}, arguments=arguments)
    health = {**shaped, "arguments": {"schema": "health", "validator": "response health"}}
    first = [exchange(1, answer=good), shaped, exchange(2, answer=bad), {**shaped, "exchange": 2}]
    (flip,) = judged(tmp_path, *first, settled(V.PASS)).flips
    assert "none of the possible shapes" in flip.why
    (flip,) = judged(tmp_path, exchange(1, answer=good), shaped, health, settled(V.PASS)).flips
    assert "wanted a body valid for health" in flip.why


# -- what stays


@pytest.mark.parametrize("more", [ALTERED, {"predicate": "not_yet_known"}])
@pytest.mark.parametrize(("found", "outcome"), [(V.PASS, True), (V.FAIL, False)])
def test_what_cannot_be_judged_again_stays(
    more: Record, found: Verdict, outcome: bool, tmp_path: Path
) -> None:
    """A 403 where 404 or 410 is wanted, and the log says that it held: it is taken at its word."""
    record = expected(404 if not outcome else 403, outcome, **more)
    again = judged(tmp_path, record, settled(found), spec=STRICTER)
    assert (again.flips, again.unsupported, again.expectations) == ((), (), 1)


@pytest.mark.parametrize("more", [ALTERED, {"predicate": "not_yet_known"}])
def test_what_it_broke_at_then_is_said_where_it_cannot_be_judged_again(more: Record, tmp_path: Path) -> None:
    """The first try turns, so the reason of the second is asked for: it is what it was."""
    second = expected(403, False, attempt=f"{NAME} it_holds#2", **more)
    tries = [tried(1, V.INCONCLUSIVE), tried(2, V.PASS)]
    records = [expected(404, True, role="given"), second, settled(V.PASS, tries=tries)]
    (flip,) = judged(tmp_path, *records).flips
    assert (flip.now, flip.why) == (V.FAIL, "it_holds: what it was then")


@pytest.mark.parametrize("found", [V.NOT_RUN, V.HARNESS_ERROR])
def test_a_verdict_that_follows_from_no_expectation_stays(found: Verdict, tmp_path: Path) -> None:
    records = [expected(404, True), settled(found)]
    assert judged(tmp_path, *records, spec=STRICTER).flips == ()


def test_a_fail_for_another_reason_than_an_expectation_stays(tmp_path: Path) -> None:
    assert judged(tmp_path, expected(404, True), settled(V.INCONCLUSIVE)).flips == ()


def test_what_was_settled_without_a_try_or_by_an_observer_stays(tmp_path: Path) -> None:
    for more in ({"check": None}, {"attempt": "ROOM-1 another#1"}, {"attempt": "MBOX-2 an_observer#1"}):
        again = judged(tmp_path, expected(404, True), settled(V.PASS, **more), spec=STRICTER)
        assert (again.flips, again.unsupported) == ((), ()), more


def test_a_requirement_that_names_no_status_any_more_keeps_the_recorded_ones(tmp_path: Path) -> None:
    assert judged(tmp_path, expected(404, True), settled(V.PASS), spec=by(expected=Refuse(()))).flips == ()


def test_statuses_that_the_check_itself_named_stay(tmp_path: Path) -> None:
    own = expected(404, True, arguments={"statuses": [404]})
    assert judged(tmp_path, own, settled(V.PASS), spec=STRICTER).flips == ()


def test_an_attempt_of_a_requirement_that_is_no_more_keeps_its_statuses(tmp_path: Path) -> None:
    others = {name: one for name, one in SPEC.requirements.items() if name != NAME}
    gone = replace(SPEC, requirements=others)
    assert judged(tmp_path, expected(404, True), settled(V.PASS), spec=gone).flips == ()


@pytest.mark.parametrize(("control", "now"), [("fail", V.PASS), ("pass", V.FAIL)])
def test_what_our_own_server_fails_too_accuses_nobody(control: str, now: Verdict, tmp_path: Path) -> None:
    record = settled(V.PASS) | {"control": {"verdict": control}}
    found = judged(tmp_path, expected(404, True), record, spec=STRICTER)
    assert found.after.findings[0].verdict is now


def test_the_spec_it_was_judged_by_need_not_be_at_hand(tmp_path: Path) -> None:
    """Then levels are the other spec's on both sides, and nothing is said of what differs elsewhere."""
    found = judged(tmp_path, expected(404, True), settled(V.PASS), spec=by(wait_s=99), before=None)
    assert (found.flips, found.before.score, found.after.score) == ((), 100, 100)
    assert not any("wait" in line for line in found.elsewhere)


CUT = "x" * VALUE_CHARS


@pytest.mark.parametrize(
    ("predicate", "arguments", "observed", "believed"),
    [
        ("equals", {"value": "one"}, "other", False),
        ("equals", {"value": "one"}, "«a token»", True),
        ("equals", {"value": "«a token»"}, "other", True),
        ("equals", {"value": 1}, {"«a token»": [2]}, True),
        ("equals", {"value": 1}, [CUT], True),
        ("status_in", {"statuses": [404]}, {"status": 200, "error": "«a token»"}, False),
        ("accepted", {}, {"status": 404, "object": True, "error": "«a token»"}, False),
    ],
)
def test_that_something_was_replaced_is_believed_where_it_shows(
    predicate: str, arguments: Record, observed: Any, believed: bool, tmp_path: Path
) -> None:
    painted = {"predicate": predicate, "arguments": arguments, "observed": observed, "redacted": True}
    again = judged(tmp_path, expected(404, True, **painted), settled(V.PASS))
    assert (again.unsupported == ()) is believed
