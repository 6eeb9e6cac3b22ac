"""The fuzzer's parts, and that it finds what is wrong on purpose: with the right requirement, and again."""

from __future__ import annotations

import asyncio
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from fuzz_kit import SPEC, Ran, arena_of, attack, attack_target
from hypothesis import given
from hypothesis import strategies as st

from conformance.explore import corpus
from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Method
from conformance.explore.stage import Arena
from conformance.fuzz import credentials, runner
from conformance.fuzz.cases import Cases
from conformance.fuzz.fuzz import Fuzz, shallow
from conformance.fuzz.ledger import Boxes, Budgets
from conformance.fuzz.plans import CHAIN, Plan
from conformance.fuzz.runner import operations_of, replay
from conformance.fuzz.scripts import script_of
from conformance.fuzz.sdp_grammar import Grammar
from conformance.fuzz.texts import Texts, _item
from conformance.fuzz.trials import GONE, ME, ROOM, Expectation, Trial, filled, from_json, of_bytes, plainer
from protocol.mint import Minter
from suite.embedded import Embedded, embedded_target

MOST = 50_000
LONG_S = 120.0  # that a fault is looked for: it is found in a second or two


# -- values


def test_a_trial_is_the_same_after_json() -> None:
    trial = Trial(
        "sendOffer",
        "edge",
        body={"roomId": ROOM, "offer": "\ud800"},
        headers=(("X-A", "b"),),
        raw=of_bytes(b"\xff"),
        expect=Expectation((400, 413), "VAL-7", "why"),
        look=True,
    )
    assert from_json(trial.to_json()) == trial
    assert Trial("health", "plain").to_json() == {"operation": "health", "label": "plain"}


def test_words_are_filled_in_wherever_they_stand() -> None:
    body = {"roomId": ROOM, "list": [ME, 3], ME: "stays"}
    assert filled(body, {ROOM: "room_1", ME: "alice"}) == {
        "roomId": "room_1",
        "list": ["alice", 3],
        ME: "stays",
    }
    assert Trial("heartbeat", "x", body=body).words_in_use() == {ROOM, ME}
    assert Trial("getOffer", "x", params={"roomId": GONE}).words_in_use() == {GONE}


def test_a_plainer_trial_lacks_one_thing() -> None:
    trial = Trial("createRoom", "x", body={"a": 1, "b": "y" * 50}, query={"q": "1"}, headers=(("X", "1"),))
    found = plainer(trial)
    assert replace(trial, headers=()) in found
    assert replace(trial, query={}) in found
    assert replace(trial, body={"a": 1}) in found
    assert replace(trial, body={"a": 1, "b": "y" * 25}) in found


# -- the ledger


def test_what_a_budget_allows() -> None:
    budgets, limit = Budgets(SPEC), 5
    assert budgets.left("alice", "createRoom") == limit
    for _ in range(limit):
        assert budgets.answered("alice", "createRoom", "", 200, 0.0) is None
    assert budgets.left("alice", "createRoom") == 0
    assert budgets.answered("alice", "createRoom", "", 429, 1.0) is None
    fault = budgets.answered("alice", "createRoom", "", 200, 1.0)
    assert fault is not None and fault[0] == "RATE-1"
    assert budgets.answered("alice", "createRoom", "", 200, 4000.0) is None, "another window"


def test_a_429_before_its_time_is_a_fault_unless_refusals_may_have_been_counted() -> None:
    budgets = Budgets(SPEC)
    fault = budgets.answered("alice", "createRoom", "", 429, 0.0)
    assert fault is not None and fault[0] == "RATE-8"
    budgets.answered("carol", "createRoom", "", 200, 0.0)
    fault = budgets.answered("carol", "createRoom", "", 429, 0.0)
    assert fault is not None and fault[0] == "RATE-1"
    for _ in range(5):
        budgets.answered("bob", "createRoom", "", 400, 0.0)
    assert budgets.answered("bob", "createRoom", "", 429, 0.0) is None


@pytest.mark.parametrize(
    ("reads", "requirement"),
    [
        ([(200, "one")], None),
        ([(404, None)], "MBOX-1"),
        ([(200, "one"), (200, "one")], "MBOX-2"),
        ([(200, "one"), (404, None)], None),
        ([(200, "ONE")], "MBOX-1"),
        ([(200, "elsewhere")], "MBOX-8"),
    ],
)
def test_what_is_read_is_what_was_posted_once(
    reads: list[tuple[int, str | None]], requirement: str | None
) -> None:
    boxes = Boxes(SPEC)
    boxes.of("room_2", "offer").posted("elsewhere", "alice", 0.0)
    boxes.of("room_1", "offer").posted("one", "alice", 0.0)
    faults = [boxes.read("room_1", "offer", "bob", status, text, "alice", 1.0) for status, text in reads]
    assert [fault[0] if fault else None for fault in faults][-1] == requirement


def test_ones_own_mail_and_what_is_not_known_accuse_nobody() -> None:
    boxes = Boxes(SPEC)
    boxes.of("room_1", "offer").posted("one", "alice", 0.0)
    assert boxes.read("room_1", "offer", "alice", 200, "one", "alice", 1.0) is None
    assert boxes.read("room_1", "offer", "bob", 404, None, None, 1.0) is None
    boxes.of("room_1", "answer").posted("one", "alice", 0.0)
    boxes.unsure("room_1")
    assert boxes.read("room_1", "answer", "bob", 200, "two", "alice", 1.0) is None


# -- generated texts


@given(seed=st.integers(0, 2**32))
def test_sessions_of_the_grammar_are_within_the_limit(seed: int) -> None:
    grammar = Grammar(random.Random(seed))
    text = grammar.session(MOST)
    assert "v=0" in text and len(text) <= MOST
    text.encode()
    assert "v=0" in grammar.odd()
    value, expect = grammar.broken("offer", MOST)
    broken = not isinstance(value, str) or "v=0" not in value or len(value) == MOST + 1
    assert broken and expect.statuses == (400,)


@given(seed=st.integers(0, 2**32))
def test_candidates_that_must_be_taken_are_such_as_any_reader_takes(seed: int) -> None:
    pattern = re.compile(
        r"candidate:[A-Za-z0-9+/]{1,32} \d{1,3} (?P<transport>udp|UDP|tcp) [1-9]\d{0,9} \S+ (?P<port>\d{1,5})"
        r" typ (host|(srflx|prflx|relay) raddr \S+ rport \d+)(?P<type> tcptype (active|passive|so))?"
        r"( generation \d+)?( ufrag [A-Za-z0-9+/]{4,})?( network-cost \d{1,3})?"
    )
    chance = random.Random(seed)
    item, expect = _item(Grammar(chance), chance)
    if expect is not None:
        assert set(expect.statuses) == {200, 400}
        return
    assert item["sdpMid"] in ("0", "audio") or item["sdpMLineIndex"] is not None
    if item["candidate"]:
        found = pattern.fullmatch(item["candidate"])
        assert found is not None and 1 <= int(found["port"]) < 65536
        assert (found["transport"] == "tcp") is (found["type"] is not None)


@given(seed=st.integers(0, 2**32))
def test_odd_candidates_are_such_by_the_pattern_of_the_spec(seed: int) -> None:
    pattern = re.compile(SPEC.openapi["components"]["schemas"]["CandidateLine"]["pattern"])
    grammar = Grammar(random.Random(seed))
    assert pattern.fullmatch(grammar.odd_candidate()) and pattern.fullmatch(grammar.candidate())


def test_some_sessions_are_exactly_as_long_as_they_may_be() -> None:
    lengths = [len(Grammar(random.Random(seed)).session(MOST)) for seed in range(200)]
    assert MOST in lengths and MOST - 1 in lengths


# -- the plan


def test_the_same_seed_tries_the_same_in_the_same_order() -> None:
    def told(seed: int, count: int = 130) -> list[tuple[str, ...]]:
        async def inside() -> list[tuple[str, ...]]:
            target = embedded_target(SPEC)
            with Minter(SPEC, target) as minter:
                async with arena_of(target, minter, seed) as arena:
                    plan = Plan(arena, Cases(SPEC, operations_of(arena), 0.1))
                    steps = [plan.next() for _ in range(count)]
            return [
                (
                    step.source,
                    str(step.seed),
                    *(f"{one.operation} {one.actor} {one.credential}" for one in step.script),
                )
                for step in steps
            ]

        return asyncio.run(inside())

    first = told(7)
    assert told(7) == first
    assert told(8, 10) != first[:10]
    assert {source for source, *_ in first} >= {
        "examples",
        "coverage",
        "fuzzing",
        "credentials",
        "mail",
        CHAIN,
        "budgets",
    }


def test_what_was_never_accepted_is_said() -> None:
    assert shallow(Covered(accepted={"health": 1}), ["health", "createRoom"]) == ["createRoom"]


# -- the corpus


def test_a_finding_is_kept_and_found_again(tmp_path: Path) -> None:
    trial = Trial("health", "x")
    kept = {"method": "fuzz", "replay": {"trials": [trial.to_json()]}}
    (tmp_path / "kept.json").write_text(json.dumps(kept), encoding="utf-8")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (entry,) = corpus.entries(tmp_path, None)
    assert entry.method == "fuzz" and script_of(entry.replay) == [trial]


def test_the_corpus_that_ships_can_be_read() -> None:
    entries = list(corpus.entries(corpus.SHIPPED))
    assert len(entries) == len(list(corpus.SHIPPED.glob("*.json"))) > 0
    assert all(script_of(entry.replay) for entry in entries)


# -- faults are found


def fuzz(arena: Arena) -> list[Method]:
    return [Fuzz(arena)]


def texts(arena: Arena) -> list[Method]:
    return [Texts(arena)]


def found(ran: Ran, requirement: str) -> Finding:
    return next(one for one in ran.findings if one.complaint.requirement == requirement)


@pytest.mark.parametrize(
    ("mutant", "requirement", "make"),
    [
        ("room-without-its-date", "ROOM-1", fuzz),
        ("leaving-needs-no-token", "AUTH-1", fuzz),
        ("any-csrf-word-will-do", "CSRF-2", fuzz),
        ("mail-leaks-between-rooms", "MBOX-8", fuzz),
        ("one-room-too-many", "RATE-1", fuzz),
        ("offer-newlines-are-normalised", "MBOX-1", texts),
    ],
)
def test_a_fault_is_found_with_its_requirement(mutant: str, requirement: str, make: object) -> None:
    ran = attack(make, LONG_S, mutant=mutant, until=lambda one: one.complaint.requirement == requirement)  # type: ignore[arg-type]
    finding = found(ran, requirement)
    assert finding.exchanges and script_of(finding.replay)


def test_a_finding_is_made_small_and_comes_again_from_its_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "SHORTEN_S", LONG_S)  # else a busy machine tells it as it is
    server = Embedded(SPEC, mutant="offer-survives-reading")
    right = Embedded(SPEC)
    try:
        target = server.start()

        async def inside() -> None:
            until = lambda one: one.complaint.requirement == "MBOX-2"  # noqa: E731
            ran = await attack_target(fuzz, target, server.minter, LONG_S, until=until)
            finding = found(ran, "MBOX-2")
            assert finding.minimal
            assert script_of(finding.replay)[-1].operation == "getOffer" and len(finding.replay["trials"]) < 4
            async with arena_of(target, server.minter, 1) as arena:
                again = await replay(arena, finding.replay)
            assert again is not None and again.complaint.requirement == "MBOX-2"
            async with arena_of(right.start(), right.minter, 1) as arena:
                assert await replay(arena, finding.replay) is None

        asyncio.run(inside())
    finally:
        server.end()
        right.end()


# -- what is not asked


def test_words_of_ours_in_generated_text_are_not_taken_for_rooms() -> None:
    cases = Cases(SPEC, list(SPEC.profiles["core"].operations), 0.0)
    operation = cases.known("joinRoom")
    chance = random.Random(1)
    made = operation.Case(body={"roomId": "room_1", "x": {"${party}": 1}}, media_type="application/json")
    assert cases.trial(made, chance, "valid") is None
    plain = operation.Case(body={"roomId": "room_1", "x": {"party": 1}}, media_type="application/json")
    assert cases.trial(plain, chance, "valid") is not None


def test_faults_of_what_the_target_does_not_do_are_not_tried() -> None:
    async def told(profiles: tuple[str, ...]) -> set[str]:
        target = replace(embedded_target(SPEC), profiles=profiles)
        with Minter(SPEC, target) as minter:
            async with arena_of(target, minter, 1) as arena:
                plan = Plan(arena, Cases(SPEC, operations_of(arena), 0.0))
                assert all(plan.next() for _ in range(10))
                return {name.split(": ")[0] for name in credentials.names(arena.world)}

    assert {"csrf", "origin", "exp", "iss", "no token"} <= asyncio.run(told(("core", "auth", "csrf", "cors")))
    assert asyncio.run(told(("core",))) == set(), "and the plan goes on without"
    assert "csrf" not in asyncio.run(told(("core", "auth")))
