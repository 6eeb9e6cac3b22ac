"""The engine: who runs when, who runs again alone, and what becomes of what goes wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from engine_kit import job, report, run, verdicts
from score_kit import hostile

from conformance import engine as engine_module
from conformance.cast import Cast
from conformance.engine import Engine
from conformance.registry import Observer, Sight
from protocol.client import User
from protocol.operations import Answer
from suite.expectations import Inconclusive, NotRun, expect, given, given_that, twin


async def holds() -> None:
    expect(1, "one").equals(1)


async def fails() -> None:
    expect(1, "one").equals(2)


async def is_undecided() -> None:
    given_that(1, "one").equals(2)


def test_a_check_that_holds_passes_at_once() -> None:
    found = verdicts(run([job(holds)]))["holds"]
    assert (found["verdict"], found["attempts"], found["note"]) == ("pass", 1, "")


# -- run again, alone


class Company:
    """A check that fails when anybody else acts, and one that is company to it: the first time they meet."""

    def __init__(self) -> None:
        self.acting = 0
        self.came, self.looked = asyncio.Event(), asyncio.Event()

    async def minds_company(self) -> None:
        self.acting += 1
        if not self.looked.is_set():
            await self.came.wait()
        others = self.acting - 1
        self.acting -= 1
        self.looked.set()
        expect(others, "the others who act").equals(0)

    async def is_company(self) -> None:
        self.acting += 1
        self.came.set()
        await self.looked.wait()
        self.acting -= 1
        expect(True, "this").equals(True)


def method(bound: Any) -> Any:
    """An async function without `self`, for the check's parameters are read from its code."""

    async def check() -> None:
        await bound()

    check.__name__ = bound.__name__
    return check


def test_a_fail_in_company_only_is_a_pass_with_a_note() -> None:
    company = Company()
    records = run([job(method(company.minds_company)), job(method(company.is_company))])
    found = verdicts(records)["minds_company"]
    assert (found["verdict"], found["attempts"]) == ("pass", 2)
    assert found["note"] == "failed once in company: the others who act: wanted 0; got 1"
    assert "failure" not in found


def test_a_fail_that_stays_is_a_fail_of_two_attempts() -> None:
    found = verdicts(run([job(fails), job(holds)]))["fails"]
    assert (found["verdict"], found["attempts"]) == ("fail", 2)
    assert found["attempt"].endswith("#2"), "the evidence is of the attempt that decided"
    assert found["failure"] == {"about": "one", "wanted": "2", "got": "1"}


def test_a_fail_that_was_alone_is_not_repeated() -> None:
    assert verdicts(run([job(fails, alone=True)]))["fails"]["attempts"] == 1


def test_what_is_undecided_twice_is_inconclusive() -> None:
    found = verdicts(run([job(is_undecided)]))["is_undecided"]
    assert (found["verdict"], found["attempts"]) == ("inconclusive", 2)
    assert "a prerequisite failed: one: wanted 2, got 1" in found["reason"]


def test_undecided_then_failed_is_failed() -> None:
    attempts: list[int] = []

    async def wavers() -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise Inconclusive("not yet")
        expect(1, "one").equals(2)

    assert verdicts(run([job(wavers)]))["wavers"]["verdict"] == "fail"


# -- no fault without its twin

REFUSED = Answer("getOffer", 404, body={"error": "not_found"})
ACCEPTED = Answer("getOffer", 200, body={"success": True})
OTHER = Answer("listRooms", 200, body={"success": True})


async def refusals_only() -> None:
    expect(REFUSED).refused(404)


async def refused_and_another_accepted() -> None:
    given(OTHER)
    expect(REFUSED).refused(404)


async def refused_and_accepted_as_a_twin() -> None:
    expect(REFUSED).refused(404)
    twin(ACCEPTED)


async def refused_and_accepted_before() -> None:
    given(ACCEPTED)
    expect(REFUSED).refused(404)


async def accepted_where_either_will_do() -> None:
    expect(REFUSED).refused(404)
    expect(ACCEPTED).refused(200, 404)


async def granted_without_a_body() -> None:
    expect(Answer("listRooms", 204)).refused(200, 204)  # a preflight: no refusal, whatever the verb's name


async def refused_as_a_prerequisite() -> None:
    given_that(REFUSED, "the empty box").refused(404)
    expect(1, "one").equals(1)


@pytest.mark.parametrize("check", [refusals_only, refused_and_another_accepted])
def test_refusals_without_their_twin_decide_nothing(check: Any) -> None:
    found = verdicts(run([job(check)]))[check.__name__]
    assert found["verdict"] == "inconclusive"
    assert found["reason"].startswith("nothing but refusals was seen: getOffer was never accepted")


@pytest.mark.parametrize(
    "check",
    [
        refused_and_accepted_as_a_twin,
        refused_and_accepted_before,
        accepted_where_either_will_do,
        granted_without_a_body,
        refused_as_a_prerequisite,
    ],
)
def test_refusals_with_their_twin_pass(check: Any) -> None:
    assert verdicts(run([job(check)]))[check.__name__]["verdict"] == "pass"


def test_a_refusal_that_is_wrong_is_a_fail_with_or_without_a_twin() -> None:
    async def refused_wrongly() -> None:
        expect(REFUSED).refused(401)

    assert verdicts(run([job(refused_wrongly)]))["refused_wrongly"]["verdict"] == "fail"


# -- our own errors


async def asserts_nothing(alice: User) -> None:
    given_that(alice.name, "the name").differs("")


async def breaks() -> None:
    raise KeyError("no such thing")


@pytest.mark.parametrize(
    ("check", "words"), [(asserts_nothing, "without judging anything"), (breaks, "no such thing")]
)
def test_an_error_of_ours_is_one_and_ends_with_3(check: Any, words: str, tmp_path: Path) -> None:
    records = run([job(check), job(holds, "ROOM-5")])
    found = verdicts(records)
    assert found[check.__name__]["verdict"] == "harness-error"
    assert words in found[check.__name__]["reason"]
    assert found["holds"]["verdict"] == "pass", "the others go on"
    assert report(records, tmp_path).exit_code == 3


def test_a_token_in_an_error_of_ours_is_redacted() -> None:
    tokens: list[str] = []

    async def spills(alice: User) -> None:
        tokens.append(alice.token)
        raise RuntimeError(f"cannot use {alice.token}")

    found = verdicts(run([job(spills)]))["spills"]
    assert tokens[0] not in found["reason"]
    assert "«alice token»" in found["reason"]


def test_a_person_who_cannot_be_had_is_not_run() -> None:
    async def needs_a_crowd(cast: Cast) -> None:
        await cast.people(3)

    listed = '[[tokens.list]]\ntoken = "opaque-1"\nuser = "ann"\n'
    tokens = f'{listed}[[tokens.list]]\ntoken = "opaque-2"\nuser = "ben"'
    found = verdicts(run([job(needs_a_crowd)], tokens=tokens))["needs_a_crowd"]
    assert (found["verdict"], found["cause"]) == ("not-run", "tokens")
    assert "more users at once than the 2" in found["reason"]


def test_people_of_a_list_are_given_back_whatever_happened() -> None:
    async def breaks_with(alice: User) -> None:
        raise KeyError(alice.id)

    async def waits_with(alice: User) -> None:
        from conformance.waits import after_seconds

        await after_seconds(0.05)
        expect(alice.id, "the one user").equals("ann")

    tokens = '[[tokens.list]]\ntoken = "opaque-1"\nuser = "ann"'
    jobs = [job(breaks_with), job(waits_with, "ROOM-5"), job(named(waits_with, "waits_too"), "ROOM-7")]
    found = verdicts(run(jobs, tokens=tokens, concurrency=1))
    assert [record["verdict"] for record in found.values()].count("pass") == 2, found
    assert found["breaks_with"]["verdict"] == "harness-error"


def named(check: Any, name: str) -> Any:
    async def copy(alice: User) -> None:
        await check(alice)

    copy.__name__ = name
    return copy


# -- time-outs, the deadline, being stopped


async def hangs() -> None:
    expect(1, "one").equals(1)
    await asyncio.sleep(3600)


def test_a_check_that_hangs_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "CHECK_S", 0.1)
    found = verdicts(run([job(hangs), job(holds)]))
    assert found["hangs"]["verdict"] == "inconclusive"
    assert "not done within 0.1 s" in found["hangs"]["reason"]
    assert found["holds"]["verdict"] == "pass"


def test_the_deadline_leaves_every_job_with_a_verdict(tmp_path: Path) -> None:
    records = run([job(hangs), job(holds, "ROOM-5"), job(fails, "ROOM-7")], deadline_s=0.3)
    found = verdicts(records)
    assert (found["hangs"]["verdict"], found["hangs"]["reason"]) == ("not-run", "the deadline was over")
    assert found["hangs"]["cause"] == "stopped"
    assert found["holds"]["verdict"] == "pass"
    # It failed in company, and there was no time to ask again: that is neither a fail nor nothing.
    assert found["fails"]["verdict"] == "inconclusive"
    assert "could not be repeated alone: the deadline was over" in found["fails"]["reason"]
    assert report(records, tmp_path).exit_code == 1


def test_a_run_that_is_stopped_says_by_whom() -> None:
    async def stop(engine: Engine) -> None:
        await asyncio.sleep(0.1)
        engine.stop("interrupted")
        engine.stop("again")

    found = verdicts(run([job(hangs), job(holds)], during=stop))
    assert (found["hangs"]["verdict"], found["hangs"]["reason"]) == ("not-run", "interrupted")
    assert found["holds"]["verdict"] == "pass"


def test_attempts_that_were_cut_are_named_for_their_exchanges_are_in_the_log() -> None:
    found = verdicts(run([job(hangs), job(fails, "ROOM-7")], deadline_s=0.3, confirm=3))
    assert (found["hangs"]["attempt"], found["hangs"]["attempts"]) == (f"{job(hangs).id}#1", 1)
    tries = found["fails"]["tries"]
    assert [one["attempt"].rpartition("#")[2] for one in tries] == ["1", "2", "3", "4"]
    assert [one["verdict"] for one in tries] == ["fail", *3 * ["not-run"]]


def test_stopped_before_its_first_step_each_job_has_a_verdict_all_the_same() -> None:
    async def stop(engine: Engine) -> None:
        engine.stop("too early")

    found = verdicts(run([job(hangs), job(holds)], during=stop))
    assert {(record["verdict"], record["reason"]) for record in found.values()} == {("not-run", "too early")}


def test_a_listener_that_breaks_is_not_swallowed() -> None:
    def write(record: dict[str, Any]) -> None:
        raise OSError("the disk is full")

    async def replace(engine: Engine) -> None:
        engine.emit = write

    with pytest.raises(OSError, match="disk is full"):
        run([job(hangs), job(holds)], during=replace, deadline_s=0.2)


# -- a target that goes away


async def wants_much(alice: User) -> None:
    for _ in range(engine_module.SILENT):
        answer = await alice.list_rooms()
    expect(answer).accepted()


async def wants_the_listing(alice: User) -> None:
    expect(await alice.list_rooms()).accepted()


# Who waits longest goes first, and the other waits until the floor is empty.
ONE_AFTER_THE_OTHER = [job(wants_much, wait="poll_interval"), job(wants_the_listing, alone=True)]


def test_when_the_target_is_gone_the_rest_is_not_run() -> None:
    found = verdicts(run(ONE_AFTER_THE_OTHER))
    assert found["wants_the_listing"]["verdict"] == "not-run"
    assert "the target stopped answering (no connection" in found["wants_the_listing"]["reason"]
    assert found["wants_much"]["verdict"] == "inconclusive", "it could not be asked again"


def test_a_target_that_answers_health_alone_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with hostile("closes", "--healthy") as url:
        patient = verdicts(run(ONE_AFTER_THE_OTHER, url=url))
        monkeypatch.setattr(engine_module, "LOST_S", 0.0)
        hasty = verdicts(run(ONE_AFTER_THE_OTHER, url=url))
    assert patient["wants_much"]["verdict"] == patient["wants_the_listing"]["verdict"] == "fail"
    assert "answered health, but none of" in hasty["wants_the_listing"]["reason"]


# -- observers


def watch(complaint: str | None, *, exercised: bool = True) -> Observer:
    def judged(sight: Sight) -> str | None:
        return complaint and f"{complaint} while {sight.checking} was checked"

    return Observer("ERR-3", "watches", judged, lambda answer: exercised, __name__)


async def gets_an_answer(cast: Cast, alice: User) -> None:
    expect(1, "one").equals(1)
    for _ in range(2):
        cast.world.watch(cast.lane.attempt, Answer("listRooms", 500, exchange=7), cast.redactor, None)


@pytest.mark.parametrize(
    ("observer", "verdict", "words"),
    [
        (watch(None), "pass", ""),
        (watch("a 500"), "fail", "a 500 while ROOM-5 was checked (2 of 2 answers)"),
        (watch("a 500", exercised=False), "not-run", "no answer of this run was of the kind it judges"),
    ],
)
def test_an_observer_judges_what_it_saw(observer: Observer, verdict: str, words: str) -> None:
    found = verdicts(run([job(gets_an_answer, "ROOM-5")], observers=[observer]))["watches"]
    assert (found["verdict"], found["reason"]) == (verdict, words)
    assert found["exchange"] == (7 if verdict == "fail" else None)


def test_a_check_may_say_that_it_cannot_be_done() -> None:
    async def declines(alice: User) -> None:
        raise NotRun("there is no such thing here", "unknown")

    found = verdicts(run([job(declines)]))["declines"]
    assert (found["verdict"], found["cause"], found["attempts"]) == ("not-run", "unknown", 1)


def test_a_prerequisite_is_named_with_its_exchange() -> None:
    async def needs_a_room(alice: User, room: str) -> None:
        expect(given(await alice.heartbeat(room))).accepted()

    found = verdicts(run([job(needs_a_room)]))["needs_a_room"]
    assert found["verdict"] == "inconclusive"
    assert "a prerequisite failed: createRoom" in found["reason"]
    assert isinstance(found["exchange"], int)
