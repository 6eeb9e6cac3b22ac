"""What becomes of frames in a room, without a network: the lines between two ends are plain objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from e2e.peer.clock import FakeClock
from e2e.peer.talk import Talk
from protocol import frames, room_key
from protocol import spec as specs
from protocol.frames import Author

SPEC = specs.load()
ROOM = "room_1"
CAROL = Author("carol", "Carol", ROOM)


@dataclass(eq=False)
class Wire:
    """One end of a channel: what is sent on it is kept, and taken by the talk at the other end, if any."""

    peer_id: str | None
    sent: list[str] = field(default_factory=list)
    other: tuple[Talk, Wire] | None = None

    def send(self, text: str | bytes) -> bool:
        assert isinstance(text, str)
        self.sent.append(text)
        if self.other is not None:
            self.other[0].receive(self.other[1], text)
        return True


def talk(name: str, *, hosting: bool = False, clock: FakeClock | None = None) -> Talk:
    author = Author(name, name.capitalize(), ROOM)
    return Talk(SPEC, author, "alice", hosting=hosting, encrypted=True, clock=clock or FakeClock())


def join(host: Talk, guest: Talk) -> tuple[Wire, Wire]:
    """Opens a channel between them; the host's end and the guest's."""
    ends = Wire(guest.author.user_id), Wire(host.author.user_id)
    ends[0].other, ends[1].other = (guest, ends[1]), (host, ends[0])
    guest.opened(ends[1])
    host.opened(ends[0])
    return ends


def texts(talk: Talk) -> list[str]:
    return [message.text for message in talk.scroll.messages]


@pytest.fixture
def alice() -> Talk:
    return talk("alice", hosting=True)


@pytest.fixture
def bob(alice: Talk) -> Talk:
    bob = talk("bob")
    join(alice, bob)
    return bob


def test_both_are_heard_and_their_chains_are_the_same(alice: Talk, bob: Talk) -> None:
    alice.say("one")
    bob.say("two")
    assert texts(alice) == texts(bob) == ["one", "two"]
    for sender in ("alice", "bob"):
        assert alice.history.chains[sender].blocks[0].hash == bob.history.chains[sender].blocks[0].hash


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ({"senderId": "carol"}, "its sender carol is not this channel's viewer"),
        ({"roomId": "room_2"}, "it is of room room_2"),
        ({"type": "system"}, "system is the broadcaster's"),
        ({"n": 2**60}, "no chain can hold it"),
        ({"content": 7}, "content: is not of type string"),
        ({"id": ""}, "id: has fewer than 1 characters"),
    ],
)
def test_what_a_viewer_may_not_send_is_dropped_and_not_forwarded(
    alice: Talk, bob: Talk, edit: dict[str, Any], why: str
) -> None:
    other = Wire("dave")
    alice.opened(other)
    (line,) = [line for line in alice.links if line.peer_id == "bob"]
    frame = {**bob.author.chat("hello"), **edit}
    before = len(other.sent)
    alice.receive(line, frames.encode(frame))
    assert alice.record.dropped[-1].why == why
    assert texts(alice) == [] and len(other.sent) == before
    alice.receive(line, frames.encode(bob.author.chat("hello")))
    assert texts(alice) == ["hello"] and len(other.sent) == before + 1


def test_a_viewer_takes_the_key_of_its_broadcaster_only(alice: Talk, bob: Talk) -> None:
    known = bob.cipher
    (line,) = bob.links
    key = room_key.make(SPEC)
    for author, hashed, why in (
        (CAROL, room_key.key_hash(key), "room_key_response is not from the broadcaster"),
        (alice.author, "0" * 64, "keyHash is not that of roomKey"),
    ):
        bob.receive(line, frames.encode(author.room_key_response(key, hashed)))
        assert bob.record.dropped[-1].why == why
        assert bob.cipher is known


def test_a_message_that_is_known_is_neither_shown_nor_forwarded_again(alice: Talk, bob: Talk) -> None:
    other = Wire("dave")
    alice.opened(other)
    message = bob.say("once")
    assert message is not None
    before = len(other.sent)
    bob.tell_all(message)
    assert texts(alice) == ["once"] and len(other.sent) == before


def test_who_comes_late_has_the_history_of_all_also_of_those_who_left(alice: Talk, bob: Talk) -> None:
    alice.say("one")
    bob.say("two")
    bob.tell_all(bob.author.presence("offline"))
    carol = talk("carol")
    join(alice, carol)
    assert sorted(texts(carol)) == ["one", "two"]
    assert carol.people.online() == ["Alice"]
    assert carol.history.gaps == []


def test_what_was_missed_comes_once_and_where_it_was_said() -> None:
    clock = FakeClock()
    alice, bob = talk("alice", hosting=True, clock=clock), talk("bob", clock=clock)
    mine, theirs = join(alice, bob)
    alice.say("one")
    bob.closed(theirs)
    alice.closed(mine)
    alice.say("two")
    bob.say("three")
    clock._now += SPEC.asyncapi["x-policy"]["sync_interval"]
    join(alice, bob)
    alice.say("four")
    assert texts(bob) == ["one", "three", "two", "four"]
    assert texts(alice) == ["one", "two", "three", "four"]


def test_typing_is_shown_for_so_long_and_no_longer() -> None:
    clock = FakeClock()
    alice = talk("alice", hosting=True, clock=clock)
    line = Wire("bob")
    alice.opened(line)
    bob = Author("bob", "Bob", ROOM)
    shown = SPEC.asyncapi["x-policy"]["typing_shown"]
    alice.receive(line, frames.encode(bob.typing()))
    assert alice.people.typing(clock.now() + shown - 0.1) == ["Bob"]
    assert alice.people.typing(clock.now() + shown) == []
    alice.receive(line, frames.encode(bob.typing()))
    alice.receive(line, frames.encode(bob.typing_stop()))
    assert alice.people.typing(clock.now()) == []


def test_a_room_may_move(alice: Talk, bob: Talk) -> None:
    moved: list[str] = []
    bob.on_move = moved.append
    alice.tell_all(alice.author.chat("room_2", kind="system"))
    alice.move("room_2")
    assert moved == ["room_2"]
    alice.say("here")
    bob.say("and here")
    assert texts(alice) == texts(bob) == ["here", "and here"]
    assert bob.history.author.room == "room_2"


def test_chunks_and_the_key_are_given_to_who_asks(alice: Talk, bob: Talk) -> None:
    alice.say("one")
    (line,) = [line for line in alice.links if isinstance(line, Wire)]
    alice.receive(line, frames.encode(bob.author.chunk_request(0)))
    alice.receive(line, frames.encode(bob.author.room_key_request()))
    chunk, key = (frames.decode(SPEC, text) for text in line.sent[-2:])
    assert isinstance(chunk, frames.Frame) and isinstance(key, frames.Frame)
    assert [block["blockNumber"] for block in chunk.body["blocks"]] == [0]
    assert alice.cipher is not None and key.body["roomKey"] == alice.cipher.room_key


def test_what_is_too_long_is_refused_and_said(alice: Talk, bob: Talk) -> None:
    assert bob.say("é" * frames.content_bytes(SPEC)) is None
    assert bob.refusals == ["the text is no UTF-8 of at most 10240 bytes"]
    assert texts(alice) == texts(bob) == []


def test_bytes_are_no_frame(alice: Talk, bob: Talk) -> None:
    alice.receive(alice.links[0], b"\xff")
    assert alice.record.dropped[-1].why == "it is no text"
