"""Rejudging, from logs made by hand: each way for a verdict to turn, to stay, and to be borne out or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_kit import SPEC, exchange, footer, header, verdict, write

from protocol.expected import Refuse
from protocol.spec import Spec
from reports.rejudge import OPEN, Rejudged, rejudge
from reports.runlog import Record
from reports.verdicts import Verdict

V = Verdict
NAME = "ROOM-4"  # it is refused with 404
ATTEMPT = f"{NAME} it_holds#1"


def by(**changes: Any) -> Spec:
    """The spec with this requirement changed."""
    changed = replace(SPEC.requirements[NAME], **changes)
    return replace(SPEC, requirements={**SPEC.requirements, NAME: changed})


STRICTER = by(expected=Refuse((410,)))
LAXER = by(expected=Refuse((200, 404)))


def expected(status: int, outcome: bool, **more: Any) -> Record:
    """An expectation that the status is the requirement's."""
    return {
        "type": "expectation",
        "attempt": ATTEMPT,
        "role": "judge",
        "predicate": "status_in",
        "arguments": {"statuses": [404], "from": "requirement"},
        "observed": {"status": status, "error": None},
        "exchange": 1,
        "outcome": outcome,
        **more,
    }


def settled(found: Verdict, **more: Any) -> Record:
    return verdict(NAME, found, **{"attempt": ATTEMPT, "attempts": 1, **more})


def tried(number: int, found: Verdict, alone: bool = True) -> Record:
    return {"attempt": f"{NAME} it_holds#{number}", "verdict": found.value, "alone": alone}


def judged(
    folder: Path, *records: Record, spec: Spec = SPEC, before: Spec | None = SPEC, **target: Any
) -> Rejudged:
    intended = dict.fromkeys(record["requirement"] for record in records if record["type"] == "verdict")
    write(folder, [header(intended, **target), *records, footer()])
    return rejudge(folder, spec, before)


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


@pytest.mark.parametrize("more", [{"redacted": True}, {"predicate": "not_yet_known"}])
@pytest.mark.parametrize(("found", "outcome"), [(V.PASS, True), (V.FAIL, False)])
def test_what_cannot_be_judged_again_stays(
    more: Record, found: Verdict, outcome: bool, tmp_path: Path
) -> None:
    """A 403 where 404 or 410 is wanted, and the log says that it held: it is taken at its word."""
    record = expected(404 if not outcome else 403, outcome, **more)
    again = judged(tmp_path, record, settled(found), spec=STRICTER)
    assert (again.flips, again.unsupported, again.expectations) == ((), (), 1)


@pytest.mark.parametrize("more", [{"redacted": True}, {"predicate": "not_yet_known"}])
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


# -- what the log does not bear out


SAID = [
    (
        "a pass that held not",
        [expected(403, False), settled(V.PASS)],
        f"ROOM-4 it_holds: {ATTEMPT} is said to have passed, yet one of its expectations did not hold",
    ),
    (
        "a pass that judged nothing",
        [expected(404, True, role="given"), settled(V.PASS)],
        f"ROOM-4 it_holds: {ATTEMPT} is said to have passed, yet it judged nothing",
    ),
    (
        "a pass of which nothing is recorded",
        [settled(V.PASS)],
        f"ROOM-4 it_holds: {ATTEMPT} is said to have passed, yet it judged nothing",
    ),
    (
        "a fail of which all held",
        [expected(404, True), settled(V.FAIL)],
        f"ROOM-4 it_holds: {ATTEMPT} is said to have failed, yet no expectation of it did",
    ),
    (
        "a fail of which a prerequisite broke",
        [expected(404, True), expected(403, False, role="given"), settled(V.FAIL, case="a case")],
        f"ROOM-4 it_holds a case: {ATTEMPT} is said to have failed, yet no expectation of it did",
    ),
    (
        "an outcome painted green",
        [expected(404, True), expected(403, True), settled(V.PASS)],
        f"ROOM-4 it_holds: expectation 2 of {ATTEMPT} is said to have held; it does not",
    ),
    (
        "an outcome painted red",
        [expected(404, False), settled(V.FAIL)],
        f"ROOM-4 it_holds: expectation 1 of {ATTEMPT} is said to have not held; it does",
    ),
    (
        "tries that make something else",
        [
            expected(403, False),
            expected(404, True, attempt=f"{NAME} it_holds#2"),
            settled(V.FAIL, tries=[tried(1, V.FAIL), tried(2, V.PASS)]),
        ],
        "ROOM-4 it_holds: its attempts do not make it fail",
    ),
]


@pytest.mark.parametrize(("records", "words"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_what_is_not_borne_out_is_said(records: list[Record], words: str, tmp_path: Path) -> None:
    assert judged(tmp_path, *records).unsupported == (words,)


BORNE_OUT = [
    ("a pass", [expected(404, True), settled(V.PASS)]),
    ("a fail", [expected(404, True), expected(403, False), settled(V.FAIL)]),
    ("inconclusive", [expected(403, False, role="given"), settled(V.INCONCLUSIVE)]),
    ("inconclusive for another reason", [settled(V.INCONCLUSIVE)]),
    ("one try is not settled again", [expected(403, False), settled(V.FAIL, tries=[tried(1, V.FAIL)])]),
    (
        "a fail of which one try passed, where one violation is proof",
        [
            expected(403, False),
            expected(404, True, attempt=f"{NAME} it_holds#2"),
            settled(V.FAIL, tries=[tried(1, V.FAIL), tried(2, V.PASS)]) | {"safety": True},
        ],
    ),
    (
        "our own error, where our own server failed too",
        [
            expected(403, False),
            expected(403, False, attempt=f"{NAME} it_holds#2"),
            settled(V.HARNESS_ERROR, tries=[tried(1, V.FAIL), tried(2, V.FAIL)]),
        ],
    ),
    (
        "a fail in company, and a pass alone",
        [
            expected(403, False),
            expected(404, True, attempt=f"{NAME} it_holds#2"),
            settled(V.PASS, tries=[tried(1, V.FAIL, alone=False), tried(2, V.PASS)]),
        ],
    ),
]


@pytest.mark.parametrize("records", [row[1] for row in BORNE_OUT], ids=[row[0] for row in BORNE_OUT])
def test_what_is_borne_out_is_not_complained_of(records: list[Record], tmp_path: Path) -> None:
    again = judged(tmp_path, *records)
    assert (again.unsupported, again.flips) == ((), ())


# -- what takes a new run


def elsewhere(folder: Path, spec: Spec, before: Spec | None = SPEC) -> tuple[str, ...]:
    write(folder, [header(SPEC.requirements), settled(V.PASS), footer()])
    return rejudge(folder, spec, before).elsewhere


@pytest.mark.parametrize("section", ["timings", "limits", "budgets"])
def test_a_number_that_asks_otherwise_is_said(section: str, tmp_path: Path) -> None:
    name, old = sorted(SPEC.policy[section].items())[0]
    changed = {**SPEC.policy, section: {**SPEC.policy[section], name: "other", "zz": 1}}
    assert elsewhere(tmp_path, replace(SPEC, policy=changed)) == (
        f"policy.yaml: {section}.{name}: {old!r} → 'other'",
        f"policy.yaml: {section}.zz: None → 1",
    )
    assert elsewhere(tmp_path, SPEC, replace(SPEC, policy=changed))[1] == (
        f"policy.yaml: {section}.zz: 1 → None"
    )


@pytest.mark.parametrize("change", [{"method": "PUT"}, {"path": "/x"}, {"request_schema": {"type": "null"}}])
def test_a_request_that_is_another_is_said(change: dict[str, Any], tmp_path: Path) -> None:
    other = replace(SPEC.operations["joinRoom"], **change)
    spec = replace(SPEC, operations={**SPEC.operations, "joinRoom": other})
    assert elsewhere(tmp_path, spec) == ("openapi.yaml: the request of joinRoom",)


def test_a_request_that_is_new_is_said_and_another_answer_is_not(tmp_path: Path) -> None:
    new = replace(SPEC, operations={**SPEC.operations, "new": SPEC.operations["joinRoom"]})
    assert elsewhere(tmp_path, new) == ("openapi.yaml: the request of new",)
    answers = replace(SPEC.operations["joinRoom"], response_schema={"type": "null"})
    assert elsewhere(tmp_path, replace(SPEC, operations={**SPEC.operations, "joinRoom": answers})) == ()


@pytest.mark.parametrize("change", [{"when": "https"}, {"wait_s": 99}, {"excluded": "not built"}])
def test_a_requirement_that_is_asked_otherwise_is_said(change: dict[str, Any], tmp_path: Path) -> None:
    assert elsewhere(tmp_path, by(**change)) == (f"requirements.yaml: {NAME}: when, wait or excluded",)


def test_what_the_run_did_not_know_of_is_said_where_it_was_whole(tmp_path: Path) -> None:
    asked = {name for name, one in SPEC.requirements.items() if name != NAME and one.profile == "core"}
    whole = header(asked, profiles=["core"])
    for options, said in (
        ({}, (f"{NAME} is not in this run",)),
        ({"requirements": ["ROOM-1"]}, ()),
        ({"profiles": ["core"]}, ()),
    ):
        write(tmp_path, [{**whole, "options": {**whole["options"], **options}}, footer()])
        assert rejudge(tmp_path, SPEC, SPEC).elsewhere == said
