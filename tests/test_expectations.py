"""expect, given, twin: what each does with an outcome, what it says of it, and what goes into the run log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from engine_kit import SPEC

from protocol.operations import Answer, Request, encode
from protocol.transcript import Redactor
from suite import expectations
from suite.expectations import (
    CheckFailed,
    Expect,
    Inconclusive,
    NotRun,
    Recorder,
    expect,
    given,
    given_that,
    refused_but_for,
    twin,
)

SECRET = "a secret word of alice"
Record = dict[str, Any]


class Log:
    """What an attempt of a check of this requirement records."""

    def __init__(self, requirement: str, listed: int | None = None) -> None:
        self.records: list[Record] = []
        redactor = Redactor(["token"])
        redactor.add(SECRET, "alice token")
        self.recorder = Recorder(
            SPEC, SPEC.requirement(requirement), f"{requirement} a#1", self.records.append, redactor, listed
        )
        expectations.current.set(self.recorder)

    @property
    def last(self) -> Record:
        return self.records[-1]


@pytest.fixture
def log() -> Log:
    """Of a requirement that refuses with 404."""
    return Log("ROOM-4")


def answer(status: int | None = 200, body: Any = None, *, exchange: int = 7, **more: Any) -> Answer:
    body = {"success": True} if body is None else body
    return Answer("joinRoom", status, raw=encode(body), body=body, exchange=exchange, **more)


def complaint(act: Callable[[], Any]) -> expectations.Complaint:
    with pytest.raises(CheckFailed) as failed:
        act()
    return failed.value.complaint


# -- the record


def test_an_expectation_that_holds_is_recorded_and_can_be_chained(log: Log) -> None:
    assert isinstance(expect(answer()).accepted().has("success", True), Expect)
    first, second = log.records
    assert first == {
        "type": "expectation",
        "attempt": "ROOM-4 a#1",
        "role": "judge",
        "predicate": "accepted",
        "arguments": {},
        "observed": {"status": 200, "object": True, "error": None},
        "exchange": 7,
        "outcome": True,
    }
    assert (second["predicate"], second["exchange"]) == ("equals", 7)
    assert log.recorder.judged == 2


def test_one_that_does_not_hold_is_recorded_before_it_complains(log: Log) -> None:
    found = complaint(lambda: expect(answer(403), "bob's join").accepted())
    assert (log.last["outcome"], log.last["observed"]["status"]) == (False, 403)
    assert (found.wanted, found.about, found.exchange) == ("200 with a JSON object", "bob's join", 7)
    assert found.got == '403 {"success": true}'


def test_what_it_is_about_is_the_operation_or_the_value(log: Log) -> None:
    assert complaint(lambda: expect(answer(403)).accepted()).about == "joinRoom"
    assert complaint(lambda: expect(1).equals(2)).about == "the value"


def test_what_is_given_is_no_judgement(log: Log) -> None:
    assert given(answer()).status == 200
    given_that(1, "one").equals(1)
    twin(answer())
    assert [record["role"] for record in log.records] == ["given", "given", "twin"]
    assert log.recorder.judged == 0


def test_what_was_altered_by_redaction_says_so(log: Log) -> None:
    given_that(f"it is {SECRET}", "the text").contains(SECRET)
    assert log.last["observed"] == "it is «alice token»"
    assert log.last["redacted"] is True
    given_that("plain", "the text").equals("plain")
    assert "redacted" not in log.last


def test_refused_names_where_its_statuses_come_from(log: Log) -> None:
    expect(answer(404)).refused()
    assert log.last["arguments"] == {"statuses": [404], "from": "requirement"}
    expect(answer(401)).refused(401, 403)
    assert log.last["arguments"] == {"statuses": [401, 403]}


def test_what_a_refusal_was_is_recorded_and_told(log: Log) -> None:
    found = complaint(lambda: expect(Answer("joinRoom", None, error="no connection")).refused())
    assert log.last["observed"] == {"status": None, "error": "no connection"}
    assert (found.wanted, found.got) == ("404", "no valid answer (no connection)")


def test_an_expectation_without_arguments_records_none(log: Log) -> None:
    expect([1, 2], "them").all_different()
    assert log.last["arguments"] == {}


def test_what_is_not_run_for_no_stated_cause_was_stopped() -> None:
    assert NotRun("because").cause == "stopped"


def test_a_requirement_without_statuses_needs_some() -> None:
    Log("ROOM-5")
    with pytest.raises(ValueError, match="ROOM-5 names no statuses"):
        expect(answer(404)).refused()


# -- roles


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (
            lambda: given(answer(500)),
            "a prerequisite failed: joinRoom: wanted 200 with a JSON object, got 500",
        ),
        (lambda: twin(answer(404)), "the twin (the same request without the fault) failed: joinRoom: wanted"),
        (lambda: given_that(2, "the count").equals(1), "a prerequisite failed: the count: wanted 1, got 2"),
    ],
)
def test_a_failed_prerequisite_is_inconclusive_and_named(
    act: Callable[[], Any], words: str, log: Log
) -> None:
    with pytest.raises(Inconclusive) as undecided:
        act()
    assert str(undecided.value).startswith(words)


def test_an_inconclusive_answer_is_its_evidence(log: Log) -> None:
    with pytest.raises(Inconclusive) as undecided:
        given(answer(500, exchange=9))
    assert undecided.value.exchange == 9


def test_a_failed_check_says_all_in_one_line(log: Log) -> None:
    with pytest.raises(CheckFailed) as failed:
        expect(2, "the count").equals(1)
    assert str(failed.value) == "the count: wanted 1; got 2"


# -- budgets that are spent


def test_a_429_that_nothing_explains_is_inconclusive(log: Log) -> None:
    for act in (lambda: expect(answer(429)).accepted(), lambda: expect(answer(429)).refused()):
        with pytest.raises(Inconclusive) as undecided:
            act()
        assert str(undecided.value) == (
            "joinRoom was refused with 429 within the budget that ROOM-4 needs; "
            "if the target limits by address, name its header in the target file (address_header)"
        )
        assert undecided.value.exchange == 7
    expect(answer(429)).refused(404, 429)


def test_a_429_is_judged_where_budgets_are() -> None:
    Log("RATE-8")
    complaint(lambda: expect(answer(429)).accepted())
    Log("RATE-3")
    expect(answer(429)).refused()


def test_where_any_4xx_refuses_a_429_does_not() -> None:
    """It says that the budget is spent, not that what was sent is wrong."""
    for requirement in ("VAL-8", "VAL-19"):  # 4xx, and 200 or 4xx
        Log(requirement)
        expect(answer(428)).refused()
        for act in (lambda: expect(answer(429)).refused(), lambda: expect(answer(429)).accepted()):
            with pytest.raises(Inconclusive, match="within the budget"):
                act()
    Log("CORS-6")  # 401, 404 or 429
    expect(answer(429)).refused()
    complaint(lambda: expect(answer(429)).accepted())


def test_with_listed_users_a_429_is_not_run() -> None:
    Log("ROOM-4", listed=3)
    with pytest.raises(NotRun, match=r"the 3 users of tokens\.list have spent their budget") as why:
        expect(answer(429)).accepted()
    assert why.value.cause == "tokens"


# -- what each expectation looks at


def test_accepted_wants_an_object(log: Log) -> None:
    complaint(lambda: expect(answer(200, [1])).accepted())
    found = complaint(lambda: expect(Answer("joinRoom", None, error="no connection")).accepted())
    assert found.got == "no valid answer (no connection)"


def test_answered(log: Log) -> None:
    expect(answer(304), "GET /file").answered(200, 304)
    assert log.last["arguments"] == {"statuses": [200, 304]}
    found = complaint(lambda: expect(answer(404), "GET /file").answered(200))
    assert (found.about, found.wanted, found.got) == ("GET /file", "200", '404 {"success": true}')
    assert log.last["observed"] == {"status": 404, "error": None}


def test_a_value_may_rest_on_the_answer_that_shows_it(log: Log) -> None:
    expect("x", "a header", answer(200)).equals("x")
    assert log.last["exchange"] == answer(200).exchange
    expect("x", "a value").equals("x")
    assert log.last["exchange"] is None


def test_answered_below(log: Log) -> None:
    expect(answer(499)).answered_below(500)
    found = complaint(lambda: expect(answer(503)).answered_below(500))
    assert (found.wanted, found.got) == ("a status below 500", '503 {"success": true}')
    assert log.last["observed"] == {"status": 503, "error": None}


def test_valid_looks_at_the_schema_of_the_operation(log: Log) -> None:
    found = complaint(lambda: expect(answer(200, {"success": True})).valid())
    assert found.wanted == "a body valid for the joinRoom answer"
    assert found.got == "room: is missing"
    found = complaint(lambda: expect(answer(200, {"message": "hello"})).valid())
    assert found.got == "success: is missing; room: is missing"
    assert "room: is missing" in found.got
    assert log.last["arguments"]["validator"] == "response joinRoom"
    assert log.last["observed"]["problems"]


def test_error_shaped(log: Log) -> None:
    expect(answer(404, {"error": "Not found"})).error_shaped()
    expect(answer(404, {"type": "about:blank", "title": "Not found", "status": 404})).error_shaped()
    complaint(lambda: expect(answer(404, {"success": False})).error_shaped())
    assert log.last["arguments"] == {"schema": "an error", "validator": "error"}


def test_values_inside_an_answer_are_named_by_their_path(log: Log) -> None:
    whole = answer(200, {"room": {"participantCount": 2}, "offer": "v=0", "answer": "v=1"})
    whole_headers = Answer("joinRoom", 200, (("retry-after", "5"),), exchange=7)
    expect(whole).offer_is("v=0").answer_is("v=1").at("room.participantCount").equals(2)
    expect(whole_headers).header("Retry-After").equals("5")
    found = complaint(lambda: expect(whole).at("room.missing").equals(1))
    assert (found.about, found.got, found.exchange) == ("room.missing of joinRoom", "None", 7)
    found = complaint(lambda: expect(whole_headers).header("Vary").matches("Origin"))
    assert found.about == "the Vary header of joinRoom"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (lambda e: e.equals(3), lambda e: e.equals(4)),
        (lambda e: e.differs(4), lambda e: e.differs(3)),
        (lambda e: e.is_one_of([3]), lambda e: e.is_one_of([4])),
        (lambda e: e.is_none_of([4]), lambda e: e.is_none_of([3])),
        (lambda e: e.between(3, 3), lambda e: e.between(4, 5)),
        (lambda e: e.at_least(3), lambda e: e.at_least(4)),
        (lambda e: e.at_most(3), lambda e: e.at_most(2)),
    ],
)
def test_expectations_about_a_number(good: Any, bad: Any, log: Log) -> None:
    good(expect(3, "three"))
    assert complaint(lambda: bad(expect(3, "three"))).got == "3"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (lambda e: e.contains("a"), lambda e: e.contains("z")),
        (lambda e: e.lacks("z"), lambda e: e.lacks("a")),
        (lambda e: e.all_different(), lambda e: e.is_empty("no letters")),
    ],
)
def test_expectations_about_a_list(good: Any, bad: Any, log: Log) -> None:
    good(expect(["a", "b"], "letters"))
    complaint(lambda: bad(expect(["a", "b"], "letters")))


def test_matches_and_is_empty(log: Log) -> None:
    expect("abc", "text").matches("^a")
    expect([], "text").is_empty()
    assert complaint(lambda: expect("abc", "text").matches("^b")).wanted == "text that matches '^b'"
    assert complaint(lambda: expect([1], "x").is_empty("no room")).wanted == "no room"
    assert complaint(lambda: expect([1], "x").is_empty()).wanted == "nothing"


def test_a_value_is_no_answer(log: Log) -> None:
    with pytest.raises(TypeError, match="the count is not an answer"):
        expect(1, "the count").accepted()


# -- what came, in few words


def test_a_secret_in_what_came_is_redacted_before_it_is_cut(log: Log) -> None:
    found = complaint(lambda: expect(answer(500, {"x": "y" * 100 + SECRET})).accepted())
    assert SECRET[:10] not in found.got
    found = complaint(lambda: expect("y" * 110 + SECRET + "z" * 200, "text").equals(""))
    assert SECRET[:10] not in found.got


def test_a_long_body_is_cut(log: Log) -> None:
    found = complaint(lambda: expect(answer(500, {"x": "y" * 500})).accepted())
    assert found.got.endswith("…")
    assert len(found.got) == len("500 ") + expectations.SHOWN_CHARS + 1
    short = complaint(lambda: expect(answer(500, {"x": "y"})).accepted())
    assert not short.got.endswith("…")


def test_a_body_is_shown_to_its_last_character_where_it_fits(log: Log) -> None:
    frame = len('{"x": ""}')
    exactly = complaint(
        lambda: expect(answer(500, {"x": "é" * (expectations.SHOWN_CHARS - frame)})).accepted()
    )
    assert exactly.got == '500 {"x": "' + "é" * (expectations.SHOWN_CHARS - frame) + '"}'


def test_a_body_that_is_no_json_is_shown_as_text(log: Log) -> None:
    found = complaint(lambda: expect(Answer("joinRoom", 502, raw=b"<html>Bad gateway")).accepted())
    assert found.got == "502 <html>Bad gateway"


def test_an_envelope_that_does_not_open_says_so(log: Log) -> None:
    sealed = Answer("joinRoom", 200, raw=b"{}", body=None, envelope={"iv": "x"})
    assert complaint(lambda: expect(sealed).accepted()).got == (
        "200 with an envelope that this user's token does not open"
    )


# -- one fault and its twin


class Sender:
    """Stands for a user: answers each request with the next status."""

    def __init__(self, *statuses: int) -> None:
        self.sent: list[Request] = []
        self._statuses = iter(statuses)

    async def send(self, request: Request) -> Answer:
        self.sent.append(request)
        return answer(next(self._statuses))


def refuse(sender: Sender, *statuses: int) -> Answer:
    request = Request("joinRoom", "POST", "/x").with_fields(roomId="room_a")

    async def inside() -> Answer:
        return await refused_but_for(sender, request, lambda r: r.with_fields(roomId="room_b"), *statuses)  # type: ignore[arg-type]

    return asyncio.run(inside())


def test_the_fault_is_sent_first_and_then_its_twin(log: Log) -> None:
    sender = Sender(404, 200)
    assert refuse(sender).status == 404
    assert [request.fields["roomId"] for request in sender.sent] == ["room_b", "room_a"]
    assert [record["role"] for record in log.records] == ["judge", "twin"]


def test_a_fault_that_is_accepted_fails(log: Log) -> None:
    with pytest.raises(CheckFailed):
        refuse(Sender(200, 200))


def test_a_twin_that_is_refused_too_proves_nothing(log: Log) -> None:
    with pytest.raises(Inconclusive, match="the twin"):
        refuse(Sender(404, 404))


def test_the_statuses_may_be_others_than_the_requirements(log: Log) -> None:
    assert refuse(Sender(403, 200), 403).status == 403
    with pytest.raises(CheckFailed):
        refuse(Sender(404, 200), 403)


@pytest.mark.parametrize("status", [400, 404, 599])
def test_a_refusal_wants_the_same_operation_accepted_too(status: int, log: Log) -> None:
    expect(answer(status)).refused(status)
    assert log.recorder.without_twin == "nothing but refusals was seen: joinRoom was never accepted"
    given(answer())
    assert log.recorder.without_twin == ""
    for operation in ("listRooms", "heartbeat"):
        expect(replace(answer(status), operation=operation)).refused(status)
    assert "was seen: heartbeat, listRooms was never" in log.recorder.without_twin


def test_mail_is_named_by_its_field(log: Log) -> None:
    found = complaint(lambda: expect(answer(200, {"offer": "v=1"}), "bob's look").offer_is("v=0"))
    assert found.about == "offer of bob's look"
