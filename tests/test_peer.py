"""Headless peers through the reference server and a real TURN server: what no check asks of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from e2e.peer import Peer, PeerError
from e2e.peer.clock import FakeClock
from e2e.turn import TurnServer
from protocol import frames
from protocol.backoff import Schedule
from tests.peer_kit import SPEC, NewPeer, Place, needs_turn

pytestmark = [needs_turn, pytest.mark.asyncio(loop_scope="module")]
PATIENCE_S = 90.0
LOOK_S = 0.02


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Place() as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def new(place: Place) -> AsyncIterator[NewPeer]:
    async with place.peers() as new:
        yield new


async def until(holds: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
    for _ in range(int(within_s / LOOK_S)):
        if holds():
            return True
        await asyncio.sleep(LOOK_S)
    return holds()


async def test_a_talk_of_three_is_a_star_with_one_key(new: NewPeer) -> None:
    alice, bob, carol = [await new(name) for name in ("alice", "bob", "carol")]
    room = await alice.create_room()
    await bob.join(room)
    await carol.join(room)
    await bob.say("hello")
    assert await until(lambda: any(m.text == "hello" for m in carol.shown))
    assert [m.text for m in alice.shown] == ["hello"]
    assert len({peer.cipher.room_key for peer in (alice, bob, carol)}) == 1
    # Forwarded unchanged: the viewer's text is what the other viewer got.
    sent = frames.encode(bob.sent[0])
    assert sent in [seen.text for seen in alice.frames_seen]
    assert sent in [seen.text for seen in carol.frames_seen]
    # A frame waits for its block while earlier ones may be missing.
    assert await until(lambda: all(peer.chains[bob.id].blocks for peer in (alice, carol)))
    assert alice.chains[bob.id].blocks[0].hash == carol.chains[bob.id].blocks[0].hash
    assert sorted(await carol.online()) == sorted([alice.name, bob.name])
    await bob.leave()
    assert await until(lambda: carol.status_of(bob.id) == "offline")
    with pytest.raises(PeerError, match="has no open channel"):
        bob.send_raw("x")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_everything_goes_through_the_turn_server(new: NewPeer, place: Place, transport: str) -> None:
    alice = await new("alice", transport=transport)
    bob = await new("bob", transport=transport)
    await bob.join(await alice.create_room())
    await alice.say("hello")
    assert await until(lambda: bool(bob.shown))
    users = {session.user for session in place.turn.sessions() if session.transport == transport}
    assert {alice.id, bob.id} <= users
    sdp = [
        str(record.get("request"))
        for record in place.records
        if record.get("type") == "exchange" and record.get("operation") in ("sendOffer", "sendAnswer")
    ]
    assert not [text for text in sdp if "typ host" in text]


async def test_a_peer_comes_back_when_the_turn_server_does(new: NewPeer, place: Place) -> None:
    alice, bob = await new("alice", transport="tcp"), await new("bob", transport="tcp")
    await bob.join(await alice.create_room())
    await alice.say("before")
    assert await until(lambda: [m.text for m in bob.shown] == ["before"])
    restart(place.turn)
    await alice.say("during")
    await bob.say("during too")
    assert await until(lambda: bool(bob.links and alice.links) and bool(bob.lost))
    await alice.say("after")
    # What was said meanwhile comes by sync, which has to wait its turn.
    assert await until(lambda: len([m for m in bob.shown if m.sender == alice.id]) == 3)
    assert await until(lambda: [m.text for m in alice.shown if m.sender == bob.id] == ["during too"])
    assert [m.text for m in bob.shown if m.sender == alice.id] == ["before", "during", "after"]


def restart(turn: TurnServer) -> None:
    turn.kill()
    turn.restart()


async def test_the_whole_schedule_of_reconnection(new: NewPeer) -> None:
    """On a clock of its own: each try when it is due, and no more of them than the spec has."""
    clock = FakeClock()
    alice, bob = await new("alice"), await new("bob", clock=clock)
    await bob.join(await alice.create_room())
    asked: list[float | None] = []

    async def in_vain(within_s: float | None = None) -> object:
        asked.append(within_s)
        raise PeerError("nobody is there")

    assert bob.guest is not None
    bob.guest.connect = in_vain  # type: ignore[assignment,method-assign]
    alice.hold_offers()
    await alice.drop()
    assert await until(lambda: bool(bob.lost))
    await clock.advance(500)
    schedule = Schedule.of(SPEC)
    assert bob.guest.tries == pytest.approx(list(schedule.starts()), abs=0.51)
    assert asked[-1] is None and len(asked) == schedule.tries
    assert bob.troubles[-1].startswith(f"PeerError: {schedule.tries} tries") or bob.troubles[-1].startswith(
        f"{schedule.tries} tries to come back were in vain"
    )


async def test_silence_is_a_loss_and_acknowledgements_are_none(new: NewPeer) -> None:
    clock = FakeClock()
    alice, bob = await new("alice"), await new("bob", clock=clock)
    await bob.join(await alice.create_room())
    silence = SPEC.asyncapi["x-policy"]["silence"]
    # Alice sends nothing by herself for a while, but what Bob sends is acknowledged.
    for _ in range(3 * silence):
        (link,) = bob.links
        before, received = clock.now(), link._received()
        await clock.advance(1)
        if link.sent_at > before:  # no time passes for Bob until it is there, however busy the machine
            assert await until(lambda: link._received() > received)  # noqa: B023
    assert not bob.lost
    # Nothing comes at all any more.
    for link in bob.links:
        link.listen = lambda: None  # type: ignore[method-assign]
    bob._heard = lambda link, text: None  # type: ignore[method-assign]
    heard = max(link.heard_at for link in bob.links)
    for _ in range(2 * silence):
        for link in bob.links:
            link.heard_at = heard
        await clock.advance(1)
        if bob.lost:
            break
    assert [why.startswith("nothing was heard for") for _, why in bob.lost] == [True]


async def test_without_a_turn_server_it_is_said(new: NewPeer, place: Place) -> None:
    bob = await new("bob")
    room = await (await new("alice")).create_room()
    bob.network = type(bob.network)([])
    with pytest.raises(PeerError, match="does the TURN server answer"):
        await bob._new_link().offer()
    with pytest.raises(PeerError, match="joinRoom was not done: 404"):
        await bob.join(room[:-4] + "none")


async def test_an_offer_that_is_none_is_said(new: NewPeer) -> None:
    link = (await new("alice"))._new_link()
    with pytest.raises(PeerError, match="the offer cannot be used"):
        await link.answer("v=0 and nothing else")
    await link.close()


async def test_closing_ends_every_task_also_twice(new: NewPeer) -> None:
    alice, bob = await new("alice"), await new("bob")
    await bob.join(await alice.create_room())
    await asyncio.gather(alice.close(), bob.close())
    await alice.close()
    assert not alice._tasks and not bob._tasks
    with pytest.raises(PeerError, match="was closed"):
        await alice.create_room()
    mine = [task for task in asyncio.all_tasks() if "e2e/peer" in str(task.get_coro())]
    assert mine == []


async def test_what_is_kept_of_a_flood_is_bounded(new: NewPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    from e2e.peer import shown

    monkeypatch.setattr(shown, "FRAMES", 50)
    alice, bob = await new("alice"), await new("bob")
    await bob.join(await alice.create_room())
    for number in range(500):
        bob.send_raw(f"not a frame {number}")
    await bob.say("the end")
    assert await until(lambda: bool(alice.shown))
    assert len(alice.frames_seen) <= 50
    assert len(alice.dropped) == shown.DROPPED
    assert alice.dropped[0].why.startswith("it is not JSON")


async def test_two_who_join_at_once_both_come_in(new: NewPeer) -> None:
    alice, *others = [await new(name) for name in ("alice", "bob", "carol", "dave")]
    room = await alice.create_room()
    await asyncio.gather(*(other.join(room) for other in others))
    await alice.say("all here")
    assert await until(lambda: all(len(other.shown) == 1 for other in others))
    assert isinstance(alice, Peer) and len(alice.links) == 3
