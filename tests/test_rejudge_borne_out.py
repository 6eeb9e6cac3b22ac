"""Rejudging, from logs made by hand: what a log does not bear out, and what takes a new run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rejudge_kit import ATTEMPT, NAME, V, by, expected, judged, settled, tried
from report_kit import SPEC, footer, header, write

from protocol.spec import Spec
from reports.rejudge import rejudge
from reports.runlog import Record

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


def test_what_differs_from_a_spec_that_the_run_was_not_judged_by_is_not_said(tmp_path: Path) -> None:
    other = replace(SPEC, hash="0" * 64)
    assert any("wait" in line for line in elsewhere(tmp_path, by(wait_s=99)))
    assert elsewhere(tmp_path, by(wait_s=99), before=other) == ()
