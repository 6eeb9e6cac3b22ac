"""What the protocol leaves open, and what a target's file does not give: the fuzzer accuses nobody of it."""

from __future__ import annotations

import pytest
from fuzz_fakes import FakeWire, with_fake

from conformance.explore.findings import Covered
from conformance.explore.stage import Arena
from conformance.fuzz import expecting
from conformance.fuzz.scene import Room, Scene, Sent
from conformance.fuzz.trials import Trial


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
