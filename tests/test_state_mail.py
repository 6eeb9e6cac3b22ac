"""The mailboxes and the candidate log, with a clock of the test's own."""

from __future__ import annotations

import pytest
from server_kit import FakeClock

from reference_server.candidates import START, CandidateLog
from reference_server.mailbox import Mailbox
from reference_server.refusal import Invalid

LIFETIME = 30


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def box(clock: FakeClock) -> Mailbox:
    return Mailbox(clock, LIFETIME)


def text(box: Mailbox, room: str, reader: str = "bob") -> str | None:
    mail = box.take(room, reader)
    return None if mail is None else mail.text


def test_mail_is_read_once(box: Mailbox) -> None:
    box.put("one", "v=0\r\n", "alice")
    mail = box.take("one", "bob")
    assert mail is not None
    assert (mail.text, mail.sender) == ("v=0\r\n", "alice")
    assert box.take("one", "bob") is None


def test_newer_mail_replaces_older(box: Mailbox) -> None:
    box.put("one", "old", "alice")
    box.put("one", "new", "alice")
    assert text(box, "one") == "new"
    assert text(box, "one") is None


def test_rooms_do_not_see_each_others_mail(box: Mailbox) -> None:
    box.put("one", "first", "alice")
    assert text(box, "two") is None
    assert text(box, "one") == "first"


def test_mail_lives_as_long_as_its_lifetime(box: Mailbox, clock: FakeClock) -> None:
    box.put("one", "text", "alice")
    clock.time += LIFETIME - 0.001
    assert box.peek("one") is not None
    clock.time += 0.001
    assert box.peek("one") is None
    assert text(box, "one") is None


def test_a_replacement_lives_its_own_lifetime(box: Mailbox, clock: FakeClock) -> None:
    box.put("one", "old", "alice")
    clock.time += LIFETIME - 1
    box.put("one", "new", "alice")
    clock.time += LIFETIME - 1
    assert text(box, "one") == "new"


def test_ones_own_mail_is_not_there_to_be_taken(box: Mailbox) -> None:
    box.put("one", "text", "alice")
    assert text(box, "one", "alice") is None
    assert text(box, "one", "bob") == "text"


def test_peeking_leaves_the_mail(box: Mailbox) -> None:
    box.put("one", "text", "alice")
    assert box.peek("one") == box.peek("one")
    assert text(box, "one") == "text"


def test_mail_goes_with_its_room(box: Mailbox) -> None:
    box.put("one", "text", "alice")
    box.drop("one")
    box.drop("two")
    assert text(box, "one") is None


def test_ended_mail_leaves_no_memory_behind(box: Mailbox, clock: FakeClock) -> None:
    for number in range(1000):
        box.put(f"room{number}", "text", "alice")
    clock.time += LIFETIME
    box.put("one", "text", "alice")
    assert len(box) == 1


# -- candidates


def numbers(log: CandidateLog, cursor: str, reader: str) -> tuple[list[int], str]:
    found, following = log.since(cursor, reader)
    return [one.item["n"] for one in found], following


def test_candidates_come_in_order_and_once_per_cursor() -> None:
    log = CandidateLog(100)
    for number in range(3):
        log.add("alice", {"n": number})
    found, cursor = numbers(log, START, "bob")
    assert found == [0, 1, 2]
    assert numbers(log, cursor, "bob") == ([], cursor)
    log.add("alice", {"n": 3})
    assert numbers(log, cursor, "bob")[0] == [3]
    assert numbers(log, START, "bob")[0] == [0, 1, 2, 3]


def test_ones_own_candidates_are_left_out_and_move_no_cursor() -> None:
    log = CandidateLog(100)
    log.add("bob", {"n": 0})
    assert numbers(log, START, "bob") == ([], START)
    log.add("alice", {"n": 1})
    log.add("bob", {"n": 2})
    found, cursor = numbers(log, START, "bob")
    assert found == [1]
    assert numbers(log, cursor, "bob") == ([], cursor)


def test_the_newest_are_kept() -> None:
    log = CandidateLog(100)
    for number in range(150):
        log.add("alice", {"n": number})
    found, cursor = numbers(log, START, "bob")
    assert found == list(range(50, 150))
    assert len(log) == 100
    assert numbers(log, cursor, "bob") == ([], cursor)


@pytest.mark.parametrize("cursor", ["", "-1", "x", "1.0", " 1", "01", "2", "1\n", "٣", "9" * 40])
def test_a_bad_cursor_is_refused(cursor: str) -> None:
    log = CandidateLog(100)
    log.add("alice", {"n": 0})
    with pytest.raises(Invalid):
        log.since(cursor, "bob")
