"""What the protocol leaves open, and what a target's file does not give: the fuzzer accuses nobody of it."""

from __future__ import annotations

import asyncio
import dataclasses
from types import SimpleNamespace

import pytest
from fuzz_fakes import FakeWire, plain, with_fake
from fuzz_kit import SPEC

from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box
from conformance.explore.stage import Arena
from conformance.fuzz import aftermath, credentials, expecting
from conformance.fuzz.fuzz import Fuzz
from conformance.fuzz.plans import CHAIN, Step
from conformance.fuzz.runner import Runner, replay
from conformance.fuzz.scene import Room, Scene, Sent
from conformance.fuzz.scripts import play
from conformance.fuzz.texts import Texts
from conformance.fuzz.trials import CREATOR, ROOM, Trial
from protocol.mint import MintError
from protocol.operations import Request
from protocol.target import Target
from protocol.target_tokens import GivenToken, Tokens
from suite.embedded import embedded_target

LONG_S = 120.0  # for what ends by itself, however busy the machine


def listed(count: int) -> Target:
    """A target whose file names the people: opaque tokens, of which nothing can be read."""
    given = tuple(GivenToken(f"opaque-{n}", f"user-{n}", f"word-{n}") for n in range(count))
    return dataclasses.replace(embedded_target(SPEC), tokens=Tokens(given=given))


# -- parties


@pytest.mark.parametrize(
    ("party", "inside", "open_"), [(False, True, False), (False, False, True), (True, True, True)]
)
def test_whose_room_may_be_a_parent_is_left_open_but_for_participants(
    party: bool, inside: bool, open_: bool
) -> None:
    async def play(arena: Arena, wire: FakeWire) -> set[int]:
        scene = Scene(arena, Covered(), "x")
        dave = await scene.stage.person("dave")
        members = {dave.id: dave} if inside else {"alice": dave}
        scene.rooms["room_1"] = Room("room_1", "alice", members, party=party)
        request = dave.sign(dave.creating_party(parentRoomId="room_1"))
        wanted = expecting.wanted(scene, Sent(Trial("createPartyRoom", "x"), dave, request, True, ""))
        assert wanted is not None
        return set(wanted.statuses)

    statuses = with_fake(play)
    assert 200 in statuses and ({403, 404} <= statuses) is open_
    assert max(statuses) < 500


# -- people of a list


@pytest.mark.parametrize(("target", "blamed"), [(None, {"RATE-8"}), (listed(8), set())])
def test_people_who_come_again_may_have_spent_their_budgets(target: Target | None, blamed: set[str]) -> None:
    def reply(request: Request) -> tuple[int, object]:
        return (429, {}) if request.operation == "heartbeat" else plain(request)

    async def rates(arena: Arena, wire: FakeWire) -> set[str | None]:
        script = [Trial("heartbeat", "x", CREATOR, body={"roomId": ROOM})]
        scene = await play(arena, Covered(), "x", script, Box(LONG_S))
        assert "heartbeat" in [request.operation for request in wire.sent]
        found = {complaint.requirement for complaint, _ in scene.stage.complaints}
        return {one for one in found if one in {"RATE-6", "RATE-8"}}

    assert with_fake(rates, reply, target) == blamed


def test_people_of_a_list_are_not_replaced_when_a_budget_is_spent() -> None:
    async def makers(arena: Arena, wire: FakeWire) -> int:
        budget = SPEC.operation("createRoom").budget
        assert budget is not None
        script = [Trial("createRoom", "x", body={"broadcasterName": "Dave"})] * (budget.limit + 2)
        await play(arena, Covered(), "x", script, Box(LONG_S))
        made = [request for request in wire.sent if request.operation == "createRoom"]
        return len({request.header("Cookie") for request in made})

    assert with_fake(makers, target=listed(8)) == 1
    assert with_fake(makers) == 2


@pytest.mark.parametrize("make", [Fuzz, Texts])
@pytest.mark.parametrize("count", [1, 2])
def test_too_few_people_end_a_run_and_are_noted(make: type[Fuzz] | type[Texts], count: int) -> None:
    async def run(arena: Arena, wire: FakeWire) -> list[str]:
        method = make(arena)
        await method.run(Box(LONG_S), lambda finding: None)
        return method.covered.notes

    *_, last = with_fake(run, target=listed(count))
    assert "\n" not in last and f"needs more users at once than the {count}" in last


def test_too_few_people_in_a_chain_are_noted() -> None:
    async def run(arena: Arena, wire: FakeWire) -> list[str]:
        method = Fuzz(arena)
        method._corpus = []
        await asyncio.to_thread(method._make)
        assert method._plan is not None
        method._plan.next = lambda: Step(CHAIN, seed=1)  # type: ignore[method-assign]
        await method.run(Box(LONG_S), lambda finding: None)
        return method.covered.notes

    assert "no more people" in with_fake(run, target=listed(1))[-1]


def test_what_was_found_is_told_though_nobody_is_left_to_shorten_it() -> None:
    def reply(request: Request) -> tuple[int, object]:
        return (500, {"error": "x"}) if request.operation == "joinRoom" else plain(request)

    async def run(arena: Arena, wire: FakeWire) -> list[Finding]:
        found: list[Finding] = []
        method = Fuzz(arena)
        inside = Trial("createRoom", "x", body={"broadcasterName": "Dave"})
        script = [Trial("heartbeat", "x", CREATOR, body={"roomId": ROOM}), inside]
        with pytest.raises(MintError):
            await method._runner.play(script, Box(LONG_S), found.append)
        return found

    assert "ERR-3" in {finding.complaint.requirement for finding in with_fake(run, reply, listed(2))}


def test_faults_of_what_an_opaque_token_says_cannot_be_made() -> None:
    async def made(arena: Arena, wire: FakeWire) -> dict[str, bool]:
        scene = Scene(arena, Covered(), "x")
        alice, _ = await scene.stage.person("alice"), await scene.stage.person("bob")
        names = ["claims: of another user", "csrf: the token's jti", "csrf: missing", "csrf: of another"]
        names += [
            "signature: tampered",
            "signature: of another key",
            "alg: none",
            *credentials.names(arena.world),
        ]
        return {name: credentials.apply(scene, alice, alice.creating(), name) is not None for name in names}

    made_ = with_fake(made, target=listed(2))
    assert made_["csrf: missing"] and made_["csrf: of another"] and made_["no token"]
    assert not any(made_[name] for name in ("claims: of another user", "csrf: the token's jti", "alg: none"))


# -- refusals of who writes by cookie


@pytest.mark.parametrize(("refused", "blamed"), [("joinRoom", "ROOM-5"), ("createRoom", "CSRF-3")])
def test_a_403_says_nothing_of_csrf_once_a_write_by_cookie_was_accepted(refused: str, blamed: str) -> None:
    def reply(request: Request) -> tuple[int, object]:
        return (403, {"error": "x"}) if request.operation == refused else plain(request)

    async def said(arena: Arena, wire: FakeWire) -> tuple[set[str | None], set[str | None]]:
        found: list[Finding] = []
        runner = Runner(arena, "fuzz", Covered())
        script = [Trial("heartbeat", "x", CREATOR, body={"roomId": ROOM})]
        await runner.play(script, Box(LONG_S), found.append)
        mine = {"ROOM-5", "CSRF-3"}
        first = {one.complaint.requirement for one in found} & mine
        again: set[str | None] = set()
        for one in found:
            if one.complaint.requirement in mine:
                second = await replay(arena, {**one.replay, "about": one.about})
                again |= {second.complaint.requirement} if second is not None else set()
        return first, again

    assert with_fake(said, reply) == ({blamed}, {blamed})


# -- what a refusal left behind


@pytest.mark.parametrize("old", [False, True])
def test_mail_that_may_have_expired_proves_nothing(old: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def reply(request: Request) -> tuple[int, object]:
        if request.operation == "getOffer":
            return 404, {"error": "x"}
        if request.operation == "sendOffer" and request.header("Cookie") is None:
            if old:
                clock.append(SPEC.timings["offer_lifetime"])
            return 401, {"error": "x"}
        return plain(request)

    clock = [0.0]
    real = aftermath.time.monotonic
    monkeypatch.setattr(aftermath, "time", SimpleNamespace(monotonic=lambda: real() + sum(clock)))

    async def left(arena: Arena, wire: FakeWire) -> list[str]:
        body = {"roomId": ROOM, "offer": "v=0", "type": "offer"}
        trial = Trial("sendOffer", "x", CREATOR, body=body, credential=credentials.NONE, look=True)
        scene = await play(arena, Covered(), "x", [trial], Box(LONG_S))
        assert "getOffer" in [request.operation for request in wire.sent]
        return [one.wanted for one, _ in scene.stage.complaints if one.where == "body.offer"]

    assert bool(with_fake(left, reply)) is not old
