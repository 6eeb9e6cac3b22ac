"""What is made of measurements of a crowd: figures, words for faults, and the verdict of SLO-3."""

from __future__ import annotations

from typing import Any

import pytest

from e2e.crowd.figures import rate, spread
from e2e.crowd.order import Order
from e2e.crowd.record import Measured, record_of
from e2e.crowd.room import Opened, Said, Spoken, parts, plain
from e2e.crowd.timed import Steps
from e2e.crowd.watch import MOST_CPU, MOST_LAG_MS, Load
from e2e.crowd.worker import Report
from e2e.turn import Session
from protocol import spec
from reports import peers
from reports.peers_shown import summary
from reports.verdicts import Verdict

SPEC = spec.load()
IDLE = Load(10.0, 0.2, spread([1.0]))


def measured(rooms: int, **faults: Any) -> Measured:
    """So many rooms that were carried, each message in 2 ms; 10 ms late."""
    report = Report(opening=IDLE, talking=IDLE, requests=10 * rooms)
    sessions = []
    for number in range(rooms):
        users = (f"host{number}", f"guest{number}")
        shares = dict.fromkeys(("signaling", "turn", "ice", "dtls", "channel"), 20.0)
        report.opened.append(Opened(number, 1.0, open_ms=100.0, first_ms=5.0, parts_ms=shares, users=users))
        report.spoken.append(Spoken(number, [Said(10.0, 2.0, 12.0)] * 4, open_at_end=True))
        sessions += [Session(f"1.{user}", user, user, "udp", (), 9, 9, peer_sent_bytes=7) for user in users]
    return Measured(
        started=1.0, seconds=20.0, opening_at=1.0, opened_at=11.0, talking_at=11.0, talked_at=21.0,
        reports=[report], sessions=sessions, turn_kind="process", **faults,
    )  # fmt: skip


def recorded(found: Measured, rooms: int) -> dict[str, Any]:
    return record_of(Order(rooms=rooms, messages=2), SPEC, found)


def test_a_spread_is_of_the_values_themselves() -> None:
    assert spread(range(1, 101)) == {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}
    assert spread([3.0]) == dict.fromkeys(("p50", "p90", "p95", "p99", "max"), 3.0)
    assert set(spread([]).values()) == {None}
    assert rate(5, 2) == 2.5 and rate(5, 0) == 0


def test_the_parts_of_opening_add_up() -> None:
    guest = Steps(joined=1.1, read=1.2, gathered=1.5, posted=1.6, ice=2.0, dtls=2.1, open=2.15)
    found = parts(1.0, guest, Steps(read=1.8))
    assert found == pytest.approx({"signaling": 500, "turn": 300, "ice": 200, "dtls": 100, "channel": 50})
    assert sum(found.values()) == pytest.approx((guest["open"] - 1.0) * 1000)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("createRoom was not done: 429 {'error': 'x'}", "createRoom was not done: 429"),
        ("no offer of room_abc-1 led\nto a channel", "no offer of the room led to a channel"),
        ("", "nothing was said"),
    ],
)
def test_faults_of_different_rooms_have_the_same_words(text: str, kept: str) -> None:
    assert plain(text) == kept


def test_a_hundred_rooms_that_are_carried_pass() -> None:
    record = recorded(measured(100), 100)
    assert record["peers"]["opening"]["per_second"] == 10
    assert record["peers"]["messages"]["ms"]["p50"] == 2
    assert record["peers"]["messages"]["corrected_ms"]["p50"] == 12
    assert record["peers"]["relay"]["relayed_bytes"] == 1400
    judged = peers.carried(record)
    assert (judged.verdict, judged.reason) == (Verdict.PASS, "")
    assert "100 of 100 rooms" in judged.note and "400 of 400 messages" in judged.note


def test_one_message_that_is_lost_fails() -> None:
    found = measured(100)
    room = found.reports[0].spoken[7]
    room.messages[0] = Said(0.0, None, None)
    room.fault = "messages were sent and never shown"
    record = recorded(found, 100)
    judged = peers.carried(record)
    assert judged.verdict is Verdict.FAIL
    assert judged.reason == (
        "99 of 100 rooms had all their messages: once, messages were sent and never shown"
    )
    assert any("1 x peers: messages were sent" in line for line in summary(record))


def test_messages_that_were_never_sent_are_not_carried() -> None:
    found = measured(100)
    del found.reports[0].spoken[7].messages[0]
    assert peers.carried(recorded(found, 100)).verdict is Verdict.FAIL


def test_what_was_not_relayed_is_no_pass() -> None:
    found = measured(100)
    assert found.sessions is not None
    found.sessions.pop()
    assert peers.carried(recorded(found, 100)).verdict is Verdict.INCONCLUSIVE
    found.sessions = None  # a TURN server that is not ours tells nothing
    assert peers.carried(recorded(found, 100)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "load",
    [Load(10.0, MOST_CPU + 0.05, spread([1.0])), Load(10.0, 0.2, spread([MOST_LAG_MS + 1]))],
    ids=["cpu", "lag"],
)
def test_a_generator_that_was_the_limit_neither_passes_nor_fails(load: Load) -> None:
    found = measured(100)
    found.reports[0].talking = load
    record = recorded(found, 100)
    judged = peers.carried(record)
    assert (judged.verdict, judged.cause) == (Verdict.NOT_RUN, "tools")
    assert judged.reason == record["generator"]["limit"] == load.limit
    found.reports[0].spoken[0].messages.clear()
    assert peers.carried(recorded(found, 100)).verdict is Verdict.NOT_RUN


def test_a_generator_that_opened_slowly_excuses_what_did_not_open_only() -> None:
    found = measured(100)
    found.reports[0].opening = Load(10.0, 0.99, spread([1.0]))
    assert peers.carried(recorded(found, 100)).verdict is Verdict.PASS
    found.reports[0].opened[3] = Opened(3, 1.0, stage="ice", fault="no connectivity through the relays")
    del found.reports[0].spoken[3]
    judged = peers.carried(recorded(found, 100))
    assert judged.verdict is Verdict.NOT_RUN and judged.reason.startswith("while rooms were opened")


def test_the_busiest_process_is_told() -> None:
    found = measured(2)
    found.reports.append(Report(talking=Load(10.0, 0.7, spread([9.0])), opening=IDLE))
    generator = recorded(found, 2)["generator"]
    assert generator["cpu"] == 0.7 and generator["lag_ms"]["p95"] == 9.0 and generator["limit"] == ""


def test_equal_faults_are_counted_together_the_most_frequent_first() -> None:
    found = measured(0)
    for number, fault in enumerate(["a", "b", "b"]):
        found.reports[0].opened.append(Opened(number, 3.0 - number, stage="ice", fault=fault))
    found.reports[0].errors["heartbeat", "status 500"] = 3
    found.reports[0].first_error_at["heartbeat", "status 500"] = 5.0
    faults = recorded(found, 3)["faults"]
    assert [(one["operation"], one["fault"], one["count"]) for one in faults] == [
        ("heartbeat", "status 500", 3),
        ("", "b", 2),
        ("", "a", 1),
    ]
    assert [one["first_s"] for one in faults] == [4.0, 0.0, 2.0]


def test_the_rooms_are_shared_by_as_many_processes_as_they_ask_for() -> None:
    assert Order(rooms=3).workers == 1
    assert Order(rooms=3, processes=8).workers == 3
    assert 1 <= Order(rooms=300).workers <= 3
