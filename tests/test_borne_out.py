"""What expectations say they saw, against the transcript, from logs made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_kit import ATTEMPT, SPEC, exchange, footer, header, verdict, write

from protocol.transcript import HEADER_CHARS
from reports.borne_out import BorneOut, check
from reports.runlog import BESIDE, Record
from reports.verdicts import Verdict

V = Verdict
OTHER = "MBOX-3 it_holds#1"


def expectation(predicate: str, observed: Any, number: int | None = 1, **more: Any) -> Record:
    return {
        "type": "expectation",
        "attempt": ATTEMPT,
        "role": "judge",
        "predicate": predicate,
        "arguments": {},
        "observed": observed,
        "exchange": number,
        "outcome": True,
        **more,
    }


def answered(number: int = 1, body: Record | None = None, **answer: Any) -> Record:
    return exchange(number, answer={"body": {"bytes": 9, **(body or {})}, **answer})


def settled(found: Verdict = V.PASS, **more: Any) -> Record:
    check = ATTEMPT.partition(" ")[2].partition("#")[0]
    return verdict("MBOX-2", found, **{"check": check, "attempt": ATTEMPT, "exchange": 1, **more})


def observed_by(requirement: str, note: str, found: Verdict = V.PASS) -> Record:
    return verdict(requirement, found, check="watches", note=note)


def checked(folder: Path, *records: Record, **ending: Any) -> BorneOut:
    write(folder, [header(["MBOX-2"]), *records, footer(**ending)])
    return check(folder, SPEC)


ROOM = {"json": {"room": {"name": "a  room\r\nof ours", "count": 2}, "list": [True, None]}}
SAW = {"status": 200, "object": True, "error": None}
GOOD: list[tuple[str, list[Record], tuple[int, int]]] = [
    ("a status", [answered(), expectation("status_in", {"status": 200, "error": None})], (1, 0)),
    (
        "no answer",
        [
            exchange(1, status=None, answer={"error": "reset"}),
            expectation("status_below", {"status": None, "error": "reset"}),
        ],
        (1, 0),
    ),
    ("an object", [answered(body=ROOM), expectation("accepted", SAW)], (1, 0)),
    (
        "an object that was sealed",
        [answered(body={"text": "x"}, decrypted={}), expectation("accepted", SAW)],
        (1, 0),
    ),
    (
        "an object too long to be kept",
        [answered(body={"sha256": "0", "text": "{"}), expectation("accepted", SAW)],
        (1, 0),
    ),
    ("a text by its words", [answered(body=ROOM), expectation("equals", "a room of ours")], (1, 0)),
    ("a number", [answered(body=ROOM), expectation("equals", 2)], (1, 0)),
    (
        "an object within",
        [answered(body=ROOM), expectation("equals", {"count": 2, "name": "a  room\r\nof ours"})],
        (1, 0),
    ),
    ("a list", [answered(body=ROOM), expectation("contains", [True, None])], (1, 0)),
    ("a header", [answered(headers=[["X", "one"], ["X", "two"]]), expectation("matches", "two")], (1, 0)),
    ("nothing there", [answered(body=ROOM), expectation("equals", None)], (0, 1)),
    ("no exchange", [answered(), expectation("equals", 7, None)], (0, 1)),
    ("replaced by a name", [answered(), expectation("equals", "«token»", redacted=True)], (0, 1)),
    ("a history", [answered(), expectation("linearizable", [{"who": "bob"}])], (0, 1)),
    (
        "a header that was cut",
        [answered(headers=[["X", "x" * HEADER_CHARS]]), expectation("matches", "x" * 9999)],
        (0, 1),
    ),
    ("judged by its schema", [answered(), expectation("without_problems", {"problems": []})], (1, 0)),
]


@pytest.mark.parametrize(("records", "counts"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_what_was_there_is_borne_out(records: list[Record], counts: tuple[int, int], tmp_path: Path) -> None:
    found = checked(tmp_path, *records, settled())
    assert found.problems == ()
    assert (found.compared, found.taken) == counts


BAD: list[tuple[str, list[Record], str]] = [
    (
        "another status",
        [answered(), expectation("status_in", {"status": 404, "error": None})],
        "says status 404 of exchange 1, which has 200",
    ),
    (
        "an answer where none came",
        [
            exchange(1, status=None, answer={"error": None}),
            expectation("status_in", {"status": 404, "error": None}),
        ],
        "says status 404 of exchange 1, which has None",
    ),
    (
        "no answer where one came",
        [answered(), expectation("status_below", {"status": 200, "error": "reset"})],
        "says error reset of exchange 1, which has None",
    ),
    (
        "an object that is none",
        [answered(body={"json": [1]}), expectation("accepted", SAW)],
        "says object True of exchange 1, which has False",
    ),
    (
        "a value",
        [answered(body=ROOM), expectation("equals", 3)],
        "says it saw a value in exchange 1 that is not there",
    ),
    (
        "a value beside a header that was cut",
        [answered(headers=[["X", "x" * HEADER_CHARS]]), expectation("equals", "y")],
        "says it saw",
    ),
    (
        "true is not 1",
        [answered(body={"json": {"a": True}}), expectation("equals", 1)],
        "says it saw a value",
    ),
    ("a text is no number", [answered(body=ROOM), expectation("equals", "2")], "says it saw a value"),
    ("a key is no value", [answered(body=ROOM), expectation("equals", "count")], "says it saw a value"),
    (
        "no such exchange",
        [answered(), expectation("equals", 3, 2)],
        "rests on exchange 2, which is not there before it",
    ),
    (
        "one that comes later",
        [expectation("status_in", {"status": 200}), answered()],
        "rests on exchange 1, which is not there before it",
    ),
    (
        "another's exchange",
        [
            {**answered(), "attempt": OTHER},
            verdict("MBOX-3", V.PASS, attempt=OTHER),
            expectation("status_in", {"status": 200}),
        ],
        f"rests on exchange 1, which is of {OTHER}",
    ),
]


@pytest.mark.parametrize(("records", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_was_not_there_is_said(records: list[Record], words: str, tmp_path: Path) -> None:
    (problem,) = checked(tmp_path, *records, settled()).problems
    assert f"{ATTEMPT}: {words}" in problem


def test_an_attempt_without_a_verdict_is_said(tmp_path: Path) -> None:
    undecided = settled(V.INCONCLUSIVE, attempt="", exchange=None)
    assert checked(tmp_path, answered(), undecided).problems == (
        f"{ATTEMPT}: has exchange 1, and no verdict",
    )
    assert checked(tmp_path, expectation("equals", 1, None), undecided).problems == (
        f"{ATTEMPT}: has an expectation, and no verdict",
    )
    another = ATTEMPT.replace("#1", "#2")
    tries = [{"attempt": name, "verdict": "pass", "alone": True} for name in (another, ATTEMPT)]
    assert checked(tmp_path, answered(), settled(attempt=another, tries=tries)).problems == ()


@pytest.mark.parametrize("found", [V.NOT_APPLICABLE, V.NOT_CLAIMED])
def test_what_was_asked_is_neither_claimed_nor_applicable(found: Verdict, tmp_path: Path) -> None:
    problems = checked(tmp_path, answered(), expectation("equals", 1, None), settled(found)).problems
    assert problems == (f"MBOX-2 an_offer_is_read_once: said to be {found}, yet it was asked",)


def test_what_failed_was_run(tmp_path: Path) -> None:
    held, broke = expectation("equals", 1, None), expectation("equals", 1, None, outcome=False)
    assert checked(tmp_path, answered(), held, settled(V.NOT_RUN)).problems == ()
    assert checked(tmp_path, answered(), {**broke, "role": "given"}, settled(V.NOT_RUN)).problems == ()
    assert checked(tmp_path, answered(), broke, settled(V.NOT_RUN)).problems == (
        "MBOX-2 an_offer_is_read_once: said to be not-run, yet it failed",
    )


def test_what_has_no_condition_is_applicable(tmp_path: Path) -> None:
    plain = next(r.id for r in SPEC.requirements.values() if r.when is None and not r.operations)
    with_condition = next(r.id for r in SPEC.requirements.values() if r.when is not None)
    assert checked(tmp_path, verdict(with_condition, V.NOT_APPLICABLE, check=None)).problems == ()
    assert checked(tmp_path, verdict(plain, V.NOT_APPLICABLE, check=None)).problems == (
        f"{plain}: said to be not-applicable, yet it has no condition",
    )


@pytest.mark.parametrize("found", [V.NOT_RUN, V.HARNESS_ERROR])
def test_a_check_whose_process_died_names_no_attempt(found: Verdict, tmp_path: Path) -> None:
    died = verdict("MBOX-2", found, check="an_offer_is_read_once")
    assert checked(tmp_path, answered(), died).problems == ()
    failed = expectation("status_in", {"status": 200}, outcome=False)
    painted = checked(tmp_path, answered(), failed, died).problems
    assert bool(painted) is (found is V.NOT_RUN)
    of_another = verdict("MBOX-2", found, check="an_offer_is_read_twice")
    assert checked(tmp_path, answered(), of_another).problems == (
        f"{ATTEMPT}: has exchange 1, and no verdict",
    )


def test_an_exchange_that_is_missed_is_said(tmp_path: Path) -> None:
    records = [answered(1), answered(3), settled()]
    assert checked(tmp_path, *records).problems == ("exchange 2 is not there",)
    # That a run was stopped excuses nothing: what was under way has a record too.
    assert checked(tmp_path, *records, stopped="interrupted").problems == ("exchange 2 is not there",)
    # Peers and browsers number for themselves.
    assert checked(tmp_path, answered(1), answered(BESIDE + 5), settled()).problems == ()
    assert checked(tmp_path, answered(1), answered(1), settled()).problems == ("exchange 1 is there twice",)
    assert checked(tmp_path, answered(1), settled(exchange=2)).problems == (
        "MBOX-2 an_offer_is_read_once: names exchange 2, which is not there",
    )


def test_the_footer_counts_the_verdicts(tmp_path: Path) -> None:
    assert checked(tmp_path, answered(), settled(), counts={"pass": 1}).problems == ()
    (problem,) = checked(tmp_path, answered(), settled(), counts={"pass": 2}).problems
    assert problem.startswith("the footer counts ")


def test_observers_saw_every_answer(tmp_path: Path) -> None:
    answers = [answered(1), answered(2, status=404, body={"json": {"success": False, "error": "x"}})]
    beside = answered(BESIDE + 1, status=500)
    for note in ("2 answers looked at", "1 answers looked at"):
        assert checked(tmp_path, *answers, beside, settled(), observed_by("PRIV-3", note)).problems == ()
    (problem,) = checked(tmp_path, *answers, settled(), observed_by("PRIV-3", "3 answers looked at")).problems
    assert problem == "PRIV-3 watches: 3 answers looked at; the log has 2, of which 1 are errors"
    found = checked(tmp_path, *answers, settled(), observed_by("PRIV-3", "2 answers looked at"))
    assert found.observers == ("PRIV-3",)


def test_a_server_error_and_an_error_without_a_shape_are_seen_again(tmp_path: Path) -> None:
    broken = answered(1, status=500, body={"json": {"oops": 1}})
    note = "1 answers looked at"
    for requirement in ("ERR-3", "ERR-4"):
        said = f"{requirement} watches: said to have passed, yet exchange 1 breaks it"
        assert checked(tmp_path, broken, settled(), observed_by(requirement, note)).problems == (said,)
        assert checked(tmp_path, broken, settled(), observed_by(requirement, note, V.FAIL)).problems == ()
        well = answered(1, status=503, body={"json": {"oops": 1}})
        assert checked(tmp_path, well, settled(), observed_by(requirement, note)).problems == ()


BROKE = expectation("equals", 1, None, outcome=False)
ITS = "MBOX-2 an_offer_is_read_once"
LOOKED = "1 answers looked at"


@pytest.mark.parametrize(
    ("painted", "words"),
    [
        ({}, f"{ITS}: said to have passed, yet {ATTEMPT} failed"),
        ({"tries": []}, f"{ITS}: said to have passed, yet {ATTEMPT} failed"),
        ({"check": None}, "MBOX-2: said to have passed, yet no check of it is named"),
        ({"check": "z"}, f"MBOX-2 z: names {ATTEMPT}, which is no attempt of it"),
        ({"check": "an_offer"}, f"MBOX-2 an_offer: names {ATTEMPT}, which is no attempt of it"),
        ({"as": "fitness"}, f"{ITS}: names {ATTEMPT}, which is no attempt of it"),
        ({"attempt": ""}, f"{ITS}: said to have passed, yet it judged nothing"),
        ({"check": "z", "note": "1 answers looked at"}, f"{ATTEMPT}: has exchange 1, and no verdict"),
        ({"note": "1 answers looked at"}, f"{ITS}: said to have passed, yet {ATTEMPT} failed"),
        (
            {"attempt": "", "note": "1 answers looked at"},
            f"{ITS}: said to have passed, yet it judged nothing",
        ),
    ],
)
def test_a_fail_is_not_painted_by_its_verdict_alone(painted: Record, words: str, tmp_path: Path) -> None:
    more = {key: value for key, value in painted.items() if key != "as"}
    record = {**settled(**more), **({"as": "fitness"} if "as" in painted else {})}
    record |= {"tries": painted["tries"]} if "tries" in painted else {}
    assert words in checked(tmp_path, answered(), BROKE, record).problems


def test_one_that_failed_in_company_may_pass_alone_and_a_load_has_no_attempts(tmp_path: Path) -> None:
    second = ATTEMPT.replace("#1", "#2")
    tries = [
        {"attempt": ATTEMPT, "verdict": "fail", "alone": False},
        {"attempt": second, "verdict": "pass", "alone": True},
    ]
    again = expectation("equals", 1, None, attempt=second)
    record = settled(attempt=second, tries=tries)
    assert checked(tmp_path, answered(), BROKE, again, record).problems == ()
    painted = settled(attempt=second, tries=[{**tries[0], "verdict": "inconclusive"}, tries[1]])
    (problem,) = checked(tmp_path, answered(), BROKE, again, painted).problems
    assert problem == f"{ITS}: said to have passed, yet {ATTEMPT} failed"
    of_a_load = next(r.id for r in SPEC.requirements.values() if (r.checked or "").startswith("load."))
    assert checked(tmp_path, verdict(of_a_load, V.PASS, check="load.steady")).problems == ()


def test_an_observer_that_failed_names_the_attempt_of_another(tmp_path: Path) -> None:
    saw = verdict("PRIV-3", V.FAIL, check="watches", note="1 answers looked at", attempt=ATTEMPT)
    judged = expectation("equals", 1, None)
    assert checked(tmp_path, answered(), judged, settled(), saw).problems == ()
    assert f"{ATTEMPT}: has exchange 1, and no verdict" in checked(tmp_path, answered(), judged, saw).problems


def test_what_was_planned_has_a_verdict_and_what_has_one_was_planned(tmp_path: Path) -> None:
    def problems(planned: list[str], *records: Record) -> tuple[str, ...]:
        write(tmp_path, [{**header(["MBOX-2"]), "planned": planned}, *records, footer()])
        return check(tmp_path, SPEC).problems

    ran = (answered(), expectation("equals", 1, None), settled())
    assert problems([ITS], *ran) == ()
    for name in ("MBOX-2 another", f"{ITS}[a case]", f"{ITS} as fitness"):
        assert problems([ITS, name], *ran) == (f"{name}: was planned, and has no verdict",)
    assert problems([], *ran) == (f"{ITS}: has a verdict, and was not planned",)
    # What is settled without being asked is in no plan, nor are observers and what a load decides.
    beside = (
        verdict("MBOX-3", V.NOT_RUN, cause="time"),
        verdict("MBOX-4", V.NOT_RUN, check=None, cause="time"),
        verdict("SLO-1", V.FAIL, check="load.smoke"),
        observed_by("PRIV-3", "1 answers looked at"),
    )
    assert problems([ITS], *ran, *beside) == ()
    asked = verdict("MBOX-3", V.NOT_RUN, attempt="MBOX-3 it_holds#1", cause="time")
    assert problems([ITS], *ran, asked) == ("MBOX-3 it_holds: has a verdict, and was not planned",)
