"""The people of a load: budgets that are never overdrawn, and shares of a list of tokens."""

from __future__ import annotations

import logging
import random
import secrets
import time
from ipaddress import ip_address, ip_network
from typing import Any

import gevent
import pytest
from report_kit import SPEC

from load import people as people_module
from load.people import Ledger, People
from protocol import target as targets
from protocol import tokens
from protocol.target import Target

SECRET = b"a secret of the tests, long enough for HS256"


def target(count: int = 0, lifetime: int | None = None) -> Target:
    text = 'base_url = "http://127.0.0.1:1"\naddress_header = "X-Address"\n'
    signer = tokens.SecretSigner(SECRET)
    for number in range(count):
        token = signer.sign(tokens.claims(SPEC, f"user_{number}", lifetime=lifetime))
        text += f'[[tokens.list]]\ntoken = "{token}"\n'
    text += "" if count else f'[tokens]\nsecret = "{SECRET.decode()}"\n'
    return targets.parse(text, "the test's target", SPEC, {})


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def spend(ledger: Ledger, operation: str, room: str = "") -> int:
    """How many the ledger lets through."""
    count = 0
    while ledger.left(operation, room) > 0:
        ledger.spend(operation, room)
        count += 1
    return count


def budget(operation: str) -> Any:
    found = SPEC.operation(operation).budget
    assert found is not None
    return found


@pytest.mark.parametrize("operation", ["createRoom", "joinRoom", "sendOffer", "sendAnswer", "sendCandidate"])
def test_a_budget_is_spent_exactly_and_returns_with_its_window(operation: str) -> None:
    clock = Clock()
    ledger, rule = Ledger(SPEC, clock), budget(operation)
    assert spend(ledger, operation) == rule.limit
    clock.now += rule.window
    assert ledger.left(operation) == 0  # the target's window opened a little later than ours
    clock.now += 2
    assert spend(ledger, operation) == rule.limit


def test_a_window_opens_with_the_first_request_and_does_not_move() -> None:
    clock = Clock()
    ledger, rule = Ledger(SPEC, clock), budget("createRoom")
    ledger.spend("createRoom")
    clock.now += rule.window - 1
    ledger.spend("createRoom")
    clock.now += 3
    assert ledger.left("createRoom") == rule.limit


def test_a_window_ends_by_the_first_answer_however_long_that_took() -> None:
    clock = Clock()
    ledger, rule = Ledger(SPEC, clock), budget("createRoom")
    ledger.spend("createRoom")
    clock.now += 20  # the target may have counted it at the end of these only
    ledger.answered("createRoom")
    ledger.spend("createRoom")
    clock.now += 5
    ledger.answered("createRoom")
    clock.now += rule.window - 5
    assert ledger.left("createRoom") == rule.limit - 2
    assert ledger.fresh_in() > 0
    clock.now += people_module.LATER_S
    assert ledger.left("createRoom") == rule.limit


def test_heartbeats_are_counted_by_room_and_what_has_no_budget_by_the_floor() -> None:
    ledger = Ledger(SPEC)
    assert spend(ledger, "heartbeat", "room_1") == budget("heartbeat").limit
    assert ledger.left("heartbeat", "room_2") == budget("heartbeat").limit
    assert spend(ledger, "listRooms") == SPEC.policy["unbudgeted_floor"]["limit"]
    assert ledger.left("getOffer") == SPEC.policy["unbudgeted_floor"]["limit"]


def test_a_budget_that_is_overdrawn_is_our_own_error() -> None:
    ledger = Ledger(SPEC)
    spend(ledger, "createRoom")
    with pytest.raises(AssertionError, match="createRoom"):
        ledger.spend("createRoom")


def test_a_ledger_is_fresh_when_its_last_window_is_over() -> None:
    clock = Clock()
    ledger = Ledger(SPEC, clock)
    assert ledger.fresh_in() == 0
    ledger.spend("sendCandidate")
    ledger.spend("createRoom")
    assert ledger.fresh_in() == budget("createRoom").window + people_module.LATER_S
    clock.now += budget("createRoom").window + 1
    assert ledger.fresh_in() == 0


def test_people_are_new_each_time_and_come_from_addresses_of_their_own() -> None:
    people = People(SPEC, target(), "load_x")
    people.start()
    gevent.sleep(0.05)
    found = [people.take() for _ in range(200)]
    people.stop()
    assert len({one.id for one in found}) == 200
    assert len({one.address for one in found}) == 200
    assert all(one.id.startswith("load_x_") and one.lasts() and one.minted.csrf for one in found)


def test_no_two_people_of_several_runs_and_workers_have_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbelow", random.Random(6).randrange)
    whole, found = target(), list[str]()
    for run, of in enumerate((1, 2, 3, 1, 64)):
        for index in range(min(of, 4)):
            people = People(SPEC, whole, f"load_{run}", share=(index, of))
            found += [address[1] for address in (people.take().address for _ in range(300)) if address]
    assert len(set(found)) == len(found) == 300 * 11
    assert all(address in ip_network("10.0.0.0/8") for address in map(ip_address, found))


@pytest.mark.parametrize("of", [1, 2, 7, 1000])
def test_the_ranges_of_workers_meet_nowhere(of: int, monkeypatch: pytest.MonkeyPatch) -> None:
    edges: list[int] = []
    for index in range(of):
        for start in (0, people_module.ADDRESSES // of - 1):
            monkeypatch.setattr(secrets, "randbelow", lambda _, start=start: start)
            edges.append(int(ip_address(people_module.Addresses(index, of).take())))
    assert edges == sorted(set(edges))
    assert ip_address(edges[0]) == ip_address("10.0.0.1") and ip_address(edges[-1]) in ip_network(
        "10.0.0.0/8"
    )
    assert not {edge % 256 for edge in edges} & {0, 255}


def test_a_range_that_is_used_up_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda size: size - 1)
    addresses = people_module.Addresses(1, 1000)
    last, first = addresses.take(), addresses.take()
    assert int(ip_address(first)) < int(ip_address(last))


def test_workers_share_a_list_so_that_nobody_is_two() -> None:
    whole = target(11)
    taken = []
    for index in range(3):
        people = People(SPEC, whole, "load_x", share=(index, 3))
        taken += [people.take().id for _ in range(len(whole.tokens.given[index::3]))]
    assert sorted(taken) == sorted(f"user_{number}" for number in range(11))


def test_a_list_that_is_used_up_is_waited_for_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_module, "WAIT_S", 0.01)
    people = People(SPEC, target(2), "load_x", users=5)
    first, _ = people.take(), people.take()
    first.ledger.spend("createRoom")
    people.give_back(first)
    with caplog.at_level(logging.WARNING, logger="parley.load"):
        waiting = [gevent.spawn(people.take) for _ in range(2)]
        gevent.joinall(waiting, timeout=0.1)
        assert not any(one.ready() for one in waiting)
        first.ledger = Ledger(SPEC)  # its window is over
        gevent.joinall(waiting, timeout=5, count=1)
    assert [one.get(block=False) for one in waiting if one.ready()] == [first]
    gevent.killall(waiting)
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "the load needs more than 5 users, the list has 2: who comes now waits until budgets are whole again"
    ]


def test_somebody_of_a_list_goes_on_with_what_budgets_it_has_left() -> None:
    people = People(SPEC, target(1), "load_x")
    one = people.take()
    one.ledger.spend("createRoom")
    people.give_back(one)
    assert people.resume([("createRoom", budget("createRoom").limit - 1)]) is one


def test_nobody_acts_with_a_token_that_ends() -> None:
    person = People(SPEC, target(), "load_x").take()
    lifetime = SPEC.timings["access_token_lifetime"]
    assert person.lasts(lifetime - people_module.MARGIN_S - 10)
    assert not person.lasts(lifetime - people_module.MARGIN_S + 10)
    person.until = time.time() + people_module.MARGIN_S - 1
    assert not person.lasts()


def test_expired_tokens_of_a_list_are_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    signer = tokens.SecretSigner(SECRET)
    text = 'base_url = "http://127.0.0.1:1"\n'
    for name, lifetime in (("gone", 5), ("here", 600)):
        token = signer.sign(tokens.claims(SPEC, name, lifetime=lifetime))
        text += f'[[tokens.list]]\ntoken = "{token}"\n'
    people = People(SPEC, targets.parse(text, "a list", SPEC, {}), "load_x")
    with caplog.at_level(logging.WARNING, logger="parley.load"):
        assert people.take().id == "here"
    assert "gone" in caplog.text
