"""How the concurrency checks record histories, and what becomes of them: verdicts, words, the run log."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from engine_kit import job, run, verdicts

from conformance import histories
from conformance.cast import Cast
from conformance.histories import (
    FOUND,
    IN_FLIGHT_TOGETHER,
    NEEDED,
    ROUNDS,
    SHOWS_ONCE_IN,
    Mail,
    Rooms,
    at_once,
    rounds_for,
)
from protocol.judge import judge
from protocol.operations import Answer


def answer(
    status: int | None, body: Any = None, at: tuple[float, float] = (0, 1), exchange: int = 1
) -> Answer:
    """An answer between these milliseconds of the test."""
    return Answer(
        "any",
        status,
        body=body,
        error=None if status else "no answer",
        exchange=exchange,
        started=at[0] / 1000,
        ended=at[1] / 1000,
    )


def in_time(came: Answer, zero: float) -> Answer:
    return replace(came, started=came.started + zero, ended=came.ended + zero)


class Person:
    """Somebody whose requests are answered by a script, in turn."""

    zero = 0.0  # when the test began, by the clock of answers

    def __init__(self, actor: str, *answers: Answer) -> None:
        self.actor = actor
        self._answers = list(answers)
        self.sent: list[Any] = []

    def request(self, operation: str, **fields: Any) -> Any:
        return SimpleNamespace(operation=operation, fields=fields)

    def offering(self, room: str, text: str) -> Any:
        self.sent.append(text)
        return self.request("sendOffer")

    def joining(self, room: str) -> Any:
        return self.request("joinRoom")

    leaving = joining

    def creating(self) -> Any:
        return self.request("createRoom")

    async def send(self, request: Any) -> Answer:
        return in_time(self._answers.pop(0), self.zero)


def verdict_of(check: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The verdict of such a check, and its expectations about histories."""
    Person.zero = time.monotonic()
    records = run([job(check, "CONC-5", alone=True)])
    found = [
        r for r in records if r["type"] == "expectation" and r["predicate"] in ("linearizable", "decided")
    ]
    for record in found:
        again = judge(record["predicate"], record["observed"], record["arguments"])
        assert (again is None) == record["outcome"], "it is judged again from the record alone"
    (verdict,) = verdicts(records).values()
    return verdict, found


# -- how many rounds


def test_twenty_six_rounds_find_what_one_in_six_shows() -> None:
    assert NEEDED == rounds_for(6, 0.99) == 26
    assert 1 - (1 - 1 / SHOWS_ONCE_IN) ** NEEDED > FOUND
    assert 1 - (1 - 1 / SHOWS_ONCE_IN) ** (NEEDED - 1) < FOUND
    assert ROUNDS * IN_FLIGHT_TOGETHER >= NEEDED


@pytest.mark.parametrize(("once_in", "found", "expected"), [(2, 0.5, 1), (2, 0.99, 7), (100, 0.99, 459)])
def test_rounds_follow_from_the_two_figures(once_in: float, found: float, expected: int) -> None:
    assert rounds_for(once_in, found) == expected


def test_a_race_in_every_sixth_round_is_found() -> None:
    """The whole way, with a server whose every sixth offer of a room is raced."""
    command = [sys.executable, "-m", "parley", "selftest", "--all", "--dry-run", "one-offer-in-six-is-raced"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "killed" in ended.stdout


# -- mail


async def mail_of(sent: Answer, *reads: Answer) -> Mail:
    """One offer, and then reads of it by as many people."""
    mail = Mail()
    sender = Person("alice", sent)
    sending = mail.send(sender, "room_x", "offer")  # type: ignore[arg-type]
    for came in reads:
        if came.body == {"offer": "it"}:
            came.body["offer"] = sender.sent[0]
    await sending
    for number, came in enumerate(reads):
        await at_once(mail.read(Person(f"reader{number}", came), "room_x", "offer"))  # type: ignore[arg-type]
    return mail


SENT = answer(200, {"success": True}, (0, 1))


def got(start: float = 2, end: float = 5, exchange: int = 2) -> Answer:
    return answer(200, {"offer": "it"}, (start, end), exchange)


def test_an_offer_read_once_passes() -> None:
    async def read_once(cast: Cast) -> None:
        (await mail_of(SENT, got(), answer(404, {}, (2, 5)))).is_linearizable("two reads")

    verdict, (expectation,) = verdict_of(read_once)
    assert verdict["verdict"] == "pass"
    assert expectation["arguments"] == {"model": "mailbox", "initial": {"holds": None}}
    assert [one["output"] for one in expectation["observed"]] == [
        "accepted",
        {"mail": "offer 1"},
        {"mail": None},
    ]


def test_an_offer_read_twice_fails_and_the_shortest_history_is_told() -> None:
    async def read_twice(cast: Cast) -> None:
        mail = await mail_of(SENT, got(2, 5, 7), answer(404, {}, (2, 6)), got(3, 6, 9))
        mail.is_linearizable("three reads")

    verdict, _ = verdict_of(read_twice)
    assert verdict["verdict"] == "fail"
    assert verdict["exchange"] == 9
    assert verdict["failure"]["about"] == "three reads"
    told = verdict["failure"]["wanted"]
    assert "the offer box of room_x" in told
    assert [line.split(" ms  ")[1] for line in told.splitlines() if " ms  " in line] == [
        "alice sends offer 1: accepted",
        "reader0 reads: offer 1",
        "reader2 reads: offer 1",
    ]
    assert "wherever the others fit, the box then is empty" in verdict["failure"]["got"]


@pytest.mark.parametrize(
    ("came", "expected", "word"),
    [
        (answer(None), "inconclusive", "no answer"),
        (answer(429, {}), "inconclusive", "429"),
        (answer(500, {}), "fail", "refused with 500"),
        (answer(200, {"offer": "v=0 of somebody else"}), "fail", "what nobody sent there meanwhile"),
        (answer(200, {"offer": None}), "fail", "what nobody sent there meanwhile"),
        (answer(404, {}, (2, 3)), "fail", "nothing there (404)"),
    ],
)
def test_what_is_no_answer_accuses_nobody(came: Answer, expected: str, word: str) -> None:
    async def read_somehow(cast: Cast) -> None:
        (await mail_of(SENT, came)).is_linearizable("a read")

    verdict, _ = verdict_of(read_somehow)
    assert verdict["verdict"] == expected
    assert word in verdict["reason"]


def test_a_violation_is_one_though_an_answer_is_missing() -> None:
    async def read_twice_and_lost(cast: Cast) -> None:
        (await mail_of(SENT, answer(None), got(), got())).is_linearizable("reads")

    assert verdict_of(read_twice_and_lost)[0]["verdict"] == "fail"


def test_mail_that_may_have_ended_meanwhile_is_not_judged() -> None:
    async def slow(cast: Cast) -> None:
        (await mail_of(answer(200, {}, (-60_000, 0)), answer(404, {}))).is_linearizable("a read")

    verdict, found = verdict_of(slow)
    assert verdict["verdict"] == "inconclusive"
    assert "too slow" in verdict["reason"]
    assert found == []


def test_what_cannot_be_decided_is_inconclusive() -> None:
    async def entangled(cast: Cast) -> None:
        mail = Mail()
        for number in range(16):
            sender = Person(f"sender{number}", answer(200, {}, (0, 900)))
            await mail.send(sender, "room_x", "offer")  # type: ignore[arg-type]
        lost = Person("reader", answer(200, {"offer": "?"}, (901, 902)))
        await mail.read(lost, "room_x", "offer")  # type: ignore[arg-type]
        mail.is_linearizable("sixteen sent at once")

    verdict, found = verdict_of(entangled)
    assert verdict["verdict"] == "inconclusive"
    assert "small enough to be decided" in verdict["reason"]
    assert {expectation["role"] for expectation in found} == {"given"}
    assert len(found[0]["observed"]) == 17
    assert verdict["reason"].startswith("a prerequisite failed: sixteen sent at once: wanted a history")


# -- rooms


def shown(count: Any, activity: Any = 5) -> dict[str, Any]:
    return {"roomId": "room_x", "participantCount": count, "lastActivity": activity}


@pytest.mark.parametrize(
    ("joined", "listed", "expected"),
    [
        (answer(200, {"room": shown(2)}, (2, 3)), [shown(2)], "pass"),
        (answer(200, {"room": shown(2)}, (2, 3)), [shown(1)], "fail"),
        (answer(200, {"room": shown(1)}, (2, 3)), [shown(2)], "fail"),
        (answer(200, {"room": shown("two")}, (2, 3)), [shown(None)], "pass"),
        (answer(200, {"success": True}, (2, 3)), [shown(2)], "pass"),
        (answer(200, {"room": shown(2)}, (2, 3)), [], "fail"),
        (answer(404, {}, (2, 3)), [shown(1)], "fail"),
        (answer(None, None, (2, 3)), [shown(1)], "inconclusive"),
        (answer(None, None, (2, 3)), [shown(2)], "inconclusive"),
        (answer(None, None, (2, 3)), [shown(3)], "fail"),
        (answer(403, {}, (2, 3)), [shown(1)], "inconclusive"),
    ],
)
def test_a_join_and_what_the_listing_shows(joined: Answer, listed: list[Any], expected: str) -> None:
    async def join(cast: Cast) -> None:
        rooms = Rooms()
        maker = Person("maker", answer(200, {"room": shown(1)}, (0, 1)))
        await rooms.create(maker)  # type: ignore[arg-type]
        await rooms.join(Person("guest", joined), "room_x")  # type: ignore[arg-type]
        rooms.saw(maker, in_time(answer(200, {"rooms": listed}, (4, 5)), Person.zero))  # type: ignore[arg-type]
        rooms.is_linearizable("a join")

    assert verdict_of(join)[0]["verdict"] == expected


@pytest.mark.parametrize(("activity", "expected"), [(6, "pass"), (5, "fail"), (4, "fail"), ("soon", "pass")])
def test_a_heartbeat_shows_in_the_listing(activity: Any, expected: str) -> None:
    async def beat(cast: Cast) -> None:
        maker = Person("maker", answer(200, {"success": True}, (0, 1)))
        rooms = Rooms([maker], 5)  # type: ignore[list-item]
        await rooms.heartbeat(maker, "room_x")  # type: ignore[arg-type]
        rooms.saw(maker, in_time(answer(200, {"rooms": [shown(1, activity)]}, (4, 5)), Person.zero))  # type: ignore[arg-type]
        rooms.is_linearizable("a heartbeat")

    assert verdict_of(beat)[0]["verdict"] == expected


# -- rounds


def test_all_rounds_are_played_and_one_that_fails_ends_them() -> None:
    played: list[int] = []

    async def some(cast: Cast) -> None:
        async def play(number: int) -> None:
            played.append(number)
            await asyncio.sleep(0)
            if number == 5:
                raise ValueError("the sixth")

        await histories.rounds(play)

    assert "the sixth" in verdict_of(some)[0]["reason"]
    assert played[:6] == list(range(6)) and len(played) < ROUNDS
