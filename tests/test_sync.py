"""History sync: batches within their limits, who asks when, and gaps by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import frames, room_key, spec, sync
from protocol.chain import Block, Chain
from protocol.frames import Author
from protocol.sync import Asking, Gap

SPEC = spec.load()
POLICY = SPEC.asyncapi["x-policy"]
KEY = room_key.make(SPEC)
ROOM = "room_1"
ALICE, BOB = Author("alice", "Alice", ROOM), Author("bob", "Bob", ROOM)
MOST_BLOCKS, MOST_BYTES = sync.batch_limits(SPEC)


def blank() -> Chain:
    return Chain(SPEC, ROOM, ALICE.user_id, KEY)


def filled(sizes: list[int]) -> Chain:
    chain = blank()
    for size in sizes:
        chain.append(ALICE.chat("é" * size), frames.timestamp())
    return chain


def asked(known: int | None = None) -> dict[str, Any]:
    return BOB.sync_request(f"{ROOM}:alice", known, None)


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(0, 5120), max_size=70))
def test_batches_are_valid_whole_and_as_full_as_may_be(sizes: list[int]) -> None:
    chain = filled(sizes)
    found = sync.answer(SPEC, asked(), chain, ALICE)
    assert [b["blockNumber"] for f in found for b in f["blocks"]] == list(range(len(sizes)))
    assert [f["hasMore"] for f in found] == [True] * (len(found) - 1) + [False]
    for frame, following in zip(found, [*found[1:], None], strict=True):
        text = frames.encode(frame)
        assert isinstance(frames.decode(SPEC, text), frames.Frame)
        assert len(frame["blocks"]) <= MOST_BLOCKS and len(text.encode()) <= MOST_BYTES
        if following is not None and len(frame["blocks"]) < MOST_BLOCKS:
            fuller = {**frame, "blocks": [*frame["blocks"], following["blocks"][0]]}
            assert len(frames.encode(fuller).encode()) > MOST_BYTES - 200


def test_a_large_first_block_takes_its_room_once() -> None:
    found = sync.answer(SPEC, asked(), filled([5120] * 6), ALICE)
    assert [len(frame["blocks"]) for frame in found] == [5, 1]


def test_many_small_blocks_go_by_their_number() -> None:
    found = sync.answer(SPEC, asked(), filled([0] * (2 * MOST_BLOCKS + 1)), ALICE)
    assert [len(frame["blocks"]) for frame in found] == [MOST_BLOCKS, MOST_BLOCKS, 1]


def test_a_block_larger_than_a_batch_goes_alone() -> None:
    chain = blank()
    chain.append(ALICE.chat("x"), frames.timestamp())
    chain.append(ALICE.chat("x", more="y" * MOST_BYTES), frames.timestamp())
    chain.append(ALICE.chat("x"), frames.timestamp())
    found = sync.answer(SPEC, asked(), chain, ALICE)
    assert [[b["blockNumber"] for b in frame["blocks"]] for frame in found] == [[0], [1], [2]]


@pytest.mark.parametrize("known", [None, -1, 0, 1, 2, 7])
def test_only_what_is_not_known_is_sent(known: int | None) -> None:
    (found,) = sync.answer(SPEC, asked(known), filled([1, 1, 1]), ALICE)
    first = 0 if known is None else known + 1
    assert [block["blockNumber"] for block in found["blocks"]] == list(range(first, 3))
    assert found["fromBlock"] == first
    assert found["toBlock"] == (2 if first < 3 else first - 1)
    assert frames.problems_of(SPEC, "sync_response", found) == []


def test_of_an_unknown_chain_there_is_nothing() -> None:
    (found,) = sync.answer(SPEC, asked(), None, ALICE)
    assert found["blocks"] == [] and found["batchHash"] == "" and not found["hasMore"]


def test_who_asks_gets_the_history_batch_by_batch() -> None:
    theirs = filled([1] * 120)
    asking = Asking(SPEC, blank())
    assert asking.poll(0, BOB) is None
    asking.want("late_join")
    request = asking.poll(0, BOB)
    assert request is not None and frames.problems_of(SPEC, "sync_request", request) == []
    assert request["lastBlockNumber"] is None
    got: list[Block] = []
    for frame in sync.answer(SPEC, request, theirs, ALICE):
        assert asking.wanted
        got += asking.take(frame)
    assert got == list(theirs.blocks) and asking.chain.blocks == theirs.blocks
    assert asking.batches == 3 and not asking.wanted and asking.gaps == []
    assert asking.poll(1000, BOB) is None


def test_where_one_batch_came_the_next_is_asked_for_after_the_interval() -> None:
    theirs = filled([1] * 60)
    asking = Asking(SPEC, blank())
    asking.want("late_join")
    request = asking.poll(100, BOB)
    assert request is not None
    asking.take(sync.answer(SPEC, request, theirs, ALICE)[0])
    assert asking.wanted
    assert asking.poll(100 + POLICY["sync_interval"] - 0.01, BOB) is None
    again = asking.poll(100 + POLICY["sync_interval"], BOB)
    assert again is not None and again["lastBlockNumber"] == MOST_BLOCKS - 1
    asking.take(sync.answer(SPEC, again, theirs, ALICE)[0])
    assert not asking.wanted and asking.chain.blocks == theirs.blocks


def test_silence_is_asked_into_until_the_time_out_and_then_named() -> None:
    asking = Asking(SPEC, filled([1, 1]))
    asking.want("late_join")
    requests = [now for now in range(100) if asking.poll(now, BOB) is not None]
    assert requests == list(range(0, POLICY["sync_timeout"], POLICY["sync_interval"]))
    (gap,) = asking.gaps
    assert (gap.chain_id, gap.first, gap.last, gap.reason) == (f"{ROOM}:alice", 2, None, "sync_timeout")
    assert not asking.wanted
    asking.want("network_partition")
    assert asking.poll(100, BOB) is not None


def test_a_hole_is_found_named_and_asked_for_again() -> None:
    theirs = filled([1, 1, 1, 1])
    asking = Asking(SPEC, blank())
    asking.want("network_partition")
    asking.poll(0, BOB)
    blocks = [block for block in theirs.blocks if block.number != 2]
    got = asking.take(sync.response(theirs.id, blocks, ALICE))
    assert [block.number for block in got] == [0, 1]
    (gap,) = asking.gaps
    assert gap == Gap(theirs.id, 2, 2, "network_partition", "block 3 came where block 2 was expected")
    again = asking.poll(POLICY["sync_interval"], BOB)
    assert again is not None and again["lastBlockNumber"] == 1
    asking.take(sync.answer(SPEC, again, theirs, ALICE)[0])
    assert asking.chain.blocks == theirs.blocks and not asking.wanted


def test_nothing_from_a_tampered_block_on_is_taken() -> None:
    theirs = filled([1, 1, 1])
    blocks = list(theirs.blocks)
    blocks[1] = replace(blocks[1], message={**blocks[1].message, "content": "tampered"})
    asking = Asking(SPEC, blank())
    asking.want("late_join")
    assert asking.take(sync.response(theirs.id, blocks, ALICE)) == [theirs.blocks[0]]
    assert [(gap.first, gap.reason) for gap in asking.gaps] == [(1, "storage_corruption")]
    assert asking.wanted


def test_a_wrong_batch_hash_spoils_the_batch() -> None:
    theirs = filled([1, 1])
    asking = Asking(SPEC, blank())
    asking.want("late_join")
    frame = {**sync.response(theirs.id, theirs.blocks, ALICE), "batchHash": "0" * 64}
    assert asking.take(frame) == []
    assert [gap.reason for gap in asking.gaps] == ["storage_corruption"]


def test_known_blocks_may_come_again_but_not_otherwise() -> None:
    theirs = filled([1, 1])
    asking = Asking(SPEC, blank())
    frame = sync.response(theirs.id, theirs.blocks, ALICE)
    assert len(asking.take(frame)) == 2
    assert asking.take(frame) == [] and asking.gaps == []
    other = sync.response(theirs.id, filled([1]).blocks, ALICE)
    assert asking.take(other) == []
    assert [gap.told for gap in asking.gaps] == ["block 0 differs from the one known"]


def test_a_reason_that_the_spec_does_not_have_is_refused() -> None:
    asking = Asking(SPEC, blank())
    asking.want("bad weather")  # type: ignore[arg-type]
    hole = sync.response(asking.chain.id, filled([1, 1]).blocks[1:], ALICE)
    with pytest.raises(ValueError, match="bad weather is not among them"):
        asking.take(hole)
