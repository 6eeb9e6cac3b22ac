"""From what an attempt raised to its verdict, and from attempts to the verdict of a check."""

from __future__ import annotations

from typing import Any

import pytest
from report_kit import SPEC

from e2e import judging
from e2e.browser.elements import unmapped
from e2e.browser.widget import PageError
from e2e.judging import Result, TooLong
from protocol.mint import MintError
from protocol.transcript import Redactor
from reports.verdicts import Verdict
from suite.expectations import CheckFailed, Complaint, Inconclusive, NotRun, Recorder, expect

V = Verdict


@pytest.fixture
def recorder() -> Recorder:
    redactor = Redactor()
    redactor.add("a secret token", "alice token")
    return Recorder(SPEC, SPEC.requirement("WID-2"), "WID-2 one#1", lambda record: None, redactor)


@pytest.mark.parametrize(
    ("error", "verdict", "reason"),
    [
        (CheckFailed(Complaint("1", "2", None, "the count")), V.FAIL, "the count: wanted 1; got 2"),
        (Inconclusive("a prerequisite failed"), V.INCONCLUSIVE, "a prerequisite failed"),
        (PageError("wanted: the page loads"), V.INCONCLUSIVE, "wanted: the page loads"),
        (TooLong(60), V.INCONCLUSIVE, "the check was not done within 60 s"),
        (unmapped("typing"), V.NOT_RUN, "needs widget.selectors.typing in the target file"),
        (NotRun("no TURN server", "tools"), V.NOT_RUN, "no TURN server"),
        (MintError("no token"), V.NOT_RUN, "no token"),
        (ZeroDivisionError("our own mistake"), V.HARNESS_ERROR, "our own mistake"),
        (AssertionError("a bare assert"), V.HARNESS_ERROR, "a bare assert"),
    ],
)
def test_what_was_raised_becomes_a_verdict(
    recorder: Recorder, error: Exception, verdict: Verdict, reason: str
) -> None:
    found = judging.result("WID-2 one#1", error, recorder, 7)
    assert found.verdict is verdict
    assert reason in found.reason


def test_a_check_that_judged_nothing_is_our_mistake(recorder: Recorder) -> None:
    assert judging.result("x#1", None, recorder, None).verdict is V.HARNESS_ERROR
    judging.begin(recorder)
    judging.enter()
    expect(1, "one").equals(1)
    assert judging.result("x#1", None, recorder, None).verdict is V.PASS
    judging.begin(None)


def test_no_secret_is_in_a_reason(recorder: Recorder) -> None:
    error = CheckFailed(Complaint("nothing", "a secret token", None, "the page"))
    found = judging.result("x#1", error, recorder, None)
    assert found.failure == {"about": "the page", "wanted": "nothing", "got": "«alice token»"}
    assert "a secret" not in found.reason


def tries(*verdicts: Verdict) -> list[Result]:
    return [Result(f"x#{n}", verdict, f"reason {n}") for n, verdict in enumerate(verdicts, 1)]


@pytest.mark.parametrize(
    ("verdicts", "verdict", "attempt"),
    [
        ([V.PASS], V.PASS, "x#1"),
        ([V.FAIL, V.FAIL, V.FAIL], V.FAIL, "x#1"),
        ([V.FAIL, V.PASS, V.PASS], V.FLAKY, "x#1"),
        ([V.INCONCLUSIVE, V.PASS], V.PASS, "x#2"),
        ([V.INCONCLUSIVE, V.INCONCLUSIVE], V.INCONCLUSIVE, "x#2"),
        ([V.NOT_RUN], V.NOT_RUN, "x#1"),
        ([V.HARNESS_ERROR], V.HARNESS_ERROR, "x#1"),
    ],
)
def test_attempts_say_together(verdicts: list[Verdict], verdict: Verdict, attempt: str) -> None:
    record = judging.record("WID-2", "one", tries(*verdicts))
    assert (record["verdict"], record["attempt"]) == (verdict.value, attempt)
    assert record["attempts"] == len(verdicts)


def test_figures_and_files_go_with_the_verdict() -> None:
    one = Result("x#1", V.PASS, notes=("measured: p50 1.0 ms",), artifacts=("artifacts/x/trace.zip",))
    record: dict[str, Any] = judging.record("SLO-5", "one", [one])
    assert record["note"] == "measured: p50 1.0 ms"
    assert record["artifacts"] == ["artifacts/x/trace.zip"]
