"""A check that did not pass as a script and as a pytest file: that the file fails at the wrong server and
passes at the right one, and that there is none where it would prove nothing.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from report_kit import ATTEMPT, SPEC, a_failure, exchange, report, site

from conformance.session import Session
from conformance.settings import Settings
from reports import runlog, score
from reports.reproduction import of_check, standalone
from reports.reproduction.of_check import Reproduction
from reports.runlog import Record
from suite.server_process import EmbeddedServer

SECRET = "a secret of the tests, long enough for HS256"
LONG_S = 60
STATUS = {"predicate": "status_in", "arguments": {"statuses": [404]}, "observed": {"status": 200}}


# --- against real servers -----------------------------------------------------------------------------------


def pytest_against(mutant: str | None, folder: Path, secret: str = SECRET) -> str:
    """What pytest says of the folder's files at a server, wrong or right; with a secret, good or bad."""
    cors = {"allowed_origins": ["https://good.example"]}
    config = {"auth": {"hs256_secret": SECRET}, "encryption": {"enabled": True}, "cors": cors}
    server = EmbeddedServer(config, mutant=mutant)
    env = {"PATH": os.environ["PATH"], "PARLEY_TARGET": server.start(), "PARLEY_JWT_SECRET": secret}
    argv = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-c", os.devnull, "."]
    try:
        ended = subprocess.run(
            argv, cwd=folder, env=env, capture_output=True, text=True, timeout=LONG_S, check=False
        )
    finally:
        server.end()
    return ended.stdout


@pytest.mark.parametrize(
    ("requirement", "mutant"),
    [
        ("MBOX-2", "offer-survives-reading"),  # by the status
        ("ROOM-5", "join-answers-the-old-count"),  # by a value of the body
        ("CORS-2", "credentials-are-not-allowed"),  # by a header
    ],
)
def test_the_pytest_file_of_a_page_fails_at_the_wrong_server_and_passes_at_the_right_one(
    tmp_path: Path, requirement: str, mutant: str
) -> None:
    settings = Settings(
        run_dir=tmp_path / "run", mutant=mutant, requirements=(requirement,), confirm=1, control_lane=False
    )
    asyncio.run(Session(settings, SPEC, []).run())
    found = score.evaluate(runlog.read(tmp_path / "run"), SPEC)
    files = site(found, tmp_path / "site")
    assert f"failures/{requirement}_test.py" in files and f"failures/{requirement}.sh" in files
    folder = tmp_path / "site" / "failures"
    wrong = pytest_against(mutant, folder)
    assert "1 failed" in wrong and "AssertionError: wanted" in wrong, wrong
    right = pytest_against(None, folder)
    assert "1 passed" in right, right
    if requirement == "ROOM-5":
        bad = pytest_against(mutant, folder, secret=SECRET[::-1])
        assert "1 skipped" in bad and "is refused with 401" in bad, bad


# --- by hand ------------------------------------------------------------------------------------------------


def expectation(number: int = 2, **more: Any) -> Record:
    record = {
        "type": "expectation",
        "attempt": ATTEMPT,
        "role": "judge",
        "exchange": number,
        "outcome": False,
    }
    return {**record, "role": "judge", **STATUS, **more}


def of(folder: Path, *records: Record, requirement: str = "MBOX-2", **more: Any) -> Reproduction:
    found = report(folder, [*records, *a_failure(**more)[-1:]])
    found.log.header["options"]["time"] = "control"
    return of_check.of(found.red[0].worst, found.log, SPEC.requirement(requirement))


def by_value(folder: Path, about: str, answer: Record, **asked: Any) -> Reproduction:
    records = [exchange(1, actor="alice"), exchange(2, answer=answer), expectation(**asked)]
    return of(folder, *records, failure={"about": about})


def test_it_ends_with_the_exchange_that_decided(tmp_path: Path) -> None:
    made = of(tmp_path, exchange(1, actor="alice"), exchange(2), exchange(3, actor="carol"), expectation())
    assert not made.why_not
    assert "'alice'" in made.test and "carol" not in made.test
    assert "'predicate': 'status_in'" in made.test and "'wanted': {'statuses': [404]}" in made.test
    assert made.curl.count("curl -sS") == 2 and "# wanted: 404" in made.curl


@pytest.mark.parametrize(
    ("about", "answer", "asked", "where"),
    [
        (
            "room.count of getOffer",
            {"body": {"bytes": 1, "json": {"room": {"count": 3}}}},
            {"predicate": "equals", "arguments": {"value": 2}, "observed": 3},
            "body.room.count",
        ),
        (
            "the X-Odd header of getOffer",
            {"headers": [["x-odd", "yes"]]},
            {"predicate": "equals", "arguments": {"value": "no"}, "observed": "yes"},
            "header X-Odd",
        ),
        (
            "the X-None header of getOffer",
            {},
            {"predicate": "differs", "arguments": {"value": None}, "observed": None},
            "header X-None",
        ),
        ("getOffer", {}, {"predicate": "accepted", "arguments": {}, "observed": {"status": 404}}, "status"),
        ("x", {}, {"predicate": "status_below", "arguments": {"limit": 200}}, "status"),
    ],
)
def test_the_place_of_what_was_wrong_is_found(
    tmp_path: Path, about: str, answer: Record, asked: Record, where: str
) -> None:
    made = by_value(tmp_path, about, answer, **asked)
    assert not made.why_not
    assert f"'where': '{where}'" in made.test


def test_mail_is_known_again_by_its_words(tmp_path: Path) -> None:
    body = {"body": {"bytes": 9, "json": {"offer": "v=0\r\no=-"}}}
    asked = {"predicate": "equals", "arguments": {"value": "v=1 o=-"}, "observed": "v=0 o=-"}
    assert "'predicate': 'same_words'" in by_value(tmp_path, "offer of getOffer", body, **asked).test


MANY = "more than one answer shows"
SENT = {"body": {"bytes": 1, "json": {"count": 3}}}
COUNT = {"predicate": "equals", "arguments": {"value": 2}, "observed": 3}


@pytest.mark.parametrize(
    ("about", "answer", "asked", "why"),
    [
        ("our rooms in order", SENT, COUNT, MANY),
        ("other of getOffer", SENT, COUNT, MANY),  # it is not what was observed
        ("count of getOffer", SENT, {**COUNT, "exchange": None}, MANY),
        ("count of getOffer", SENT, {**COUNT, "arguments": {"value": 3}}, MANY),  # it complains of nothing
        ("count of getOffer", SENT, {**COUNT, "predicate": "of another version"}, MANY),
        ("an error", SENT, {"predicate": "without_problems", "observed": {"problems": ["no"]}}, MANY),
        ("getOffer", {}, {"predicate": "accepted", "observed": {"status": 200}}, MANY),
        ("count of getOffer", {**SENT, "decrypted": {"count": 3}}, COUNT, "sealed"),
    ],
)
def test_there_is_no_test_file_that_would_prove_nothing(
    tmp_path: Path, about: str, answer: Record, asked: Record, why: str
) -> None:
    made = by_value(tmp_path, about, answer, **asked)
    assert made.test == "" and why in made.why_not
    assert made.curl


def test_what_an_earlier_answer_gave_is_no_expectation(tmp_path: Path) -> None:
    before = exchange(1, answer={"body": {"bytes": 1, "json": {"at": "2026-01-02T03:04:05Z"}}})
    answer = {"body": {"bytes": 1, "json": {"at": "2027-01-02T03:04:05Z"}}}
    value = {"value": "2026-01-02T03:04:05Z"}
    asked = expectation(predicate="equals", arguments=value, observed="2027-01-02T03:04:05Z")
    made = of(tmp_path, before, exchange(2, answer=answer), asked, failure={"about": "at of getOffer"})
    assert "an earlier answer gave" in made.why_not and not made.test


def test_what_was_learned_from_a_sealed_answer_cannot_be_learned_again(tmp_path: Path) -> None:
    room = {"room": {"roomId": "room_1"}}
    before = exchange(1, answer={"body": {"bytes": 1, "json": {"sealed": "…"}}, "decrypted": room})
    assert "sealed answers" in of(tmp_path, before, exchange(2), expectation()).why_not


def test_waits_are_waited_again_and_a_moved_clock_is_said(tmp_path: Path) -> None:
    late = exchange(2, started=31.5, ended=31.6)
    made = of(tmp_path, exchange(1), late, expectation())
    assert "{'pass_seconds': 30.0}" in made.test and "sleep 30" in made.curl
    moved = of(tmp_path, exchange(1), exchange(2), expectation(), requirement="MBOX-4")
    assert "moved the target's clock" in moved.why_not and not moved.test


def test_a_body_that_the_log_has_not_whole_is_not_sent(tmp_path: Path) -> None:
    cut = exchange(1, request={"body": {"bytes": 90_000, "text": "x" * 100}})
    made = of(tmp_path, cut, exchange(2), expectation())
    assert made == Reproduction(why_not="the run log does not hold every body of its requests whole")


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ({"headers": [["Authorization", "Bearer «token»"]]}, "«token»"),
        ({"path": "/signaling/offer/«cookie»"}, "«cookie»"),
        ({"body": {"bytes": 18, "json": {"a": "«secret»"}}}, "«secret»"),
    ],
)
def test_what_the_log_has_only_a_name_for_cannot_be_sent_again(
    tmp_path: Path, request_: Record, name: str
) -> None:
    made = of(tmp_path, exchange(2, request=request_), expectation())
    assert made == Reproduction(why_not=f"it sends what the run log has only a name for: {name}")


@pytest.mark.parametrize(("recorded", "skipped"), [(401, False), (200, True)])
def test_a_refusal_that_was_not_there_before_says_nothing_of_the_fault(recorded: int, skipped: bool) -> None:
    play = standalone.Play("http://127.0.0.1:1", "", [])
    play.client = httpx.Client(
        base_url="http://x", transport=httpx.MockTransport(lambda _: httpx.Response(401, text="no\x1b"))
    )
    step = {"who": "bob", "operation": "getOffer", "method": "GET", "path": "/", "headers": [], "body": None}
    answer = play.all([[{**step, "came": recorded, "learns": {}}]])
    assert standalone.got(answer, "status") == r", got 401 'no\x1b'"
    if skipped:
        with pytest.raises(pytest.skip.Exception, match="getOffer of bob is refused with 401"):
            play.skip_if_refused()
    else:
        play.skip_if_refused()


def test_without_an_exchange_that_decided_nothing_is_made(tmp_path: Path) -> None:
    for decided in (None, 77):
        made = of(tmp_path, exchange(1), exchange(2), expectation(), exchange=decided)
        assert made == Reproduction(why_not="no request of Parley's decided it")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_long_request_is_kept_whole_and_shown_cut(tmp_path: Path, form: str) -> None:
    text = "y" * 50_000
    size = len(text) if form == "text" else len(text) + 2
    long = exchange(1, request={"body": {"bytes": size, form: text}})
    found = report(tmp_path, [long, *a_failure()[1:], expectation()])
    files = site(found, tmp_path)
    assert text in files["failures/MBOX-2_test.py"] and text in files["failures/MBOX-2.sh"]
    assert text not in files["failures/MBOX-2.html"]
    wire = files["failures/MBOX-2.html"].partition("Wire log")[2]
    assert f"({size} characters; run.jsonl has them)" in wire


@pytest.mark.parametrize(
    "evil", ["$(touch owned)", "`touch owned`", "'; touch owned; '", '"; touch owned; "', "\ntouch owned\n"]
)
def test_a_script_of_a_hostile_log_runs_nothing_of_it(tmp_path: Path, evil: str) -> None:
    asked = exchange(2, request={"path": evil, "headers": [["x", evil]]}, actor=evil, operation=evil)
    found = report(tmp_path, [asked, expectation(), a_failure()[-1]], target={"base_url": evil})
    made = of_check.of(found.red[0].worst, found.log, SPEC.requirement("MBOX-2"))
    (tmp_path / "it.sh").write_text(made.curl, encoding="utf-8", errors="backslashreplace")
    (tmp_path / "it_test.py").write_text(made.test, encoding="utf-8", errors="backslashreplace")
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "curl").write_text("#!/bin/sh\n", encoding="utf-8")
    (bin / "curl").chmod(0o755)
    env = {"PATH": f"{bin}:{os.environ['PATH']}"}
    subprocess.run(["sh", "it.sh"], cwd=tmp_path, env=env, timeout=LONG_S, check=False, capture_output=True)
    compile(made.test, "it_test.py", "exec")
    assert not list(tmp_path.rglob("owned"))


@pytest.mark.parametrize(
    ("where", "predicate", "wanted", "holds"),
    [
        ("header X-Odd", "equals", {"value": "a, b"}, True),
        ("header X-None", "differs", {"value": None}, False),
        ("header X-None", "equals", {"value": None}, True),
        ("header X-None", "matches", {"pattern": "none"}, False),
        ("body.text", "same_words", {"value": "one\ntwo"}, True),
        ("body.text", "same_words", {"value": "onetwo"}, False),
        ("body.none", "same_words", {"value": "one"}, False),
    ],
)
def test_the_player_judges_a_place_of_an_answer(
    where: str, predicate: str, wanted: dict[str, Any], holds: bool
) -> None:
    answer = httpx.Response(200, headers=[("X-Odd", "a"), ("x-odd", "b")], json={"text": "one  two"})
    assert standalone.holds(predicate, standalone.at(answer, where), wanted) is holds
