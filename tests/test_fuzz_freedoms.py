"""What the protocol leaves open, and what a target's file does not give: the fuzzer accuses nobody of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fuzz_fakes import FakeWire, plain, with_fake
from fuzz_kit import SPEC

from conformance.explore.findings import Covered
from conformance.explore.stage import Arena
from conformance.fuzz import expecting
from conformance.fuzz.scene import Room, Scene, Sent
from conformance.fuzz.scripts import play
from conformance.fuzz.trials import CREATOR, ROOM, Trial
from protocol.operations import Request
from protocol.target import GivenToken, Target, Tokens
from suite.embedded import embedded_target


def listed(count: int) -> Target:
    """A target whose file names the people: opaque tokens, of which nothing can be read."""
    given = tuple(GivenToken(f"opaque-{n}", f"user-{n}", f"word-{n}") for n in range(count))
    return replace(embedded_target(SPEC), tokens=Tokens(given=given))


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
        scene = await play(arena, Covered(), "x", script)
        assert "heartbeat" in [request.operation for request in wire.sent]
        found = {complaint.requirement for complaint, _ in scene.stage.complaints}
        return {one for one in found if one in {"RATE-6", "RATE-8"}}

    assert with_fake(rates, reply, target) == blamed


def test_people_of_a_list_are_not_replaced_when_a_budget_is_spent() -> None:
    async def makers(arena: Arena, wire: FakeWire) -> int:
        budget = SPEC.operation("createRoom").budget
        assert budget is not None
        script = [Trial("createRoom", "x", body={"broadcasterName": "Dave"})] * (budget.limit + 2)
        await play(arena, Covered(), "x", script)
        made = [request for request in wire.sent if request.operation == "createRoom"]
        return len({request.header("Cookie") for request in made})

    assert with_fake(makers, target=listed(8)) == 1
    assert with_fake(makers) == 2
