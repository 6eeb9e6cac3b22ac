"""Hash chains: against Node's blocks, and what makes a block be refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import chain as chains
from protocol import room_key, spec
from protocol.chain import SAFE_INTEGER, Block, Chain, ChainError, CompactError

SPEC = spec.load()
NODE = json.loads((Path(__file__).parent / "vectors" / "chain.json").read_text(encoding="utf-8"))
ROOM, SENDER = "room_4f7c2a9be01d", "cust_alice"
WHEN = "2026-01-01T00:00:00.000Z"


def blank() -> Chain:
    return Chain(SPEC, ROOM, SENDER, NODE["room_key"])


def message(number: int, **edits: Any) -> dict[str, Any]:
    return {"id": f"m{number}", "roomId": ROOM, "senderId": SENDER, "content": f"text {number}", **edits}


def filled(count: int) -> Chain:
    chain = blank()
    for number in range(count):
        chain.append(message(number), WHEN)
    return chain


def test_the_blocks_of_node_are_ours_to_the_byte() -> None:
    chain = blank()
    for record, text in zip(NODE["blocks"], NODE["canonical"], strict=True):
        assert chains.canonical(record["data"]) == text
        block = chain.append(record["data"]["message"], record["createdAt"])
        assert block.record() == record


def test_the_blocks_of_node_are_accepted() -> None:
    chain = blank()
    for record in NODE["blocks"]:
        chain.accept(Block.of(record))
    assert [block.record() for block in chain.blocks] == NODE["blocks"]


def test_the_merkle_roots_and_the_key_hash_are_those_of_node() -> None:
    hashes = [record["blockHash"] for record in NODE["blocks"]]
    for count, root in enumerate(NODE["merkle_roots"]):
        assert chains.merkle_root(hashes[:count]) == root
    assert room_key.key_hash(NODE["room_key"]) == NODE["key_hash"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": 1.0}, "a: expected JSON with safe integers only, got float"),
        ({"a": [0, {"b": float("nan")}]}, r"a\[1\].b: expected JSON with safe integers only, got float"),
        (SAFE_INTEGER + 1, "the value: expected a safe integer"),
        (-SAFE_INTEGER - 1, "the value: expected a safe integer"),
        ({"a": "\ud800"}, "a: expected text, got a lone surrogate"),
        ({"\udfff": 1}, "the value: expected text, got a lone surrogate"),
        ({1: 1}, "the value: expected text for a key, got int"),
        (b"x", "the value: expected JSON with safe integers only, got bytes"),
        ({"a": {1, 2}}, "got set"),
    ],
)
def test_what_has_no_compact_form_is_refused(value: Any, said: str) -> None:
    with pytest.raises(CompactError, match=said):
        chains.canonical(value)


def test_nesting_too_deep_is_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(CompactError, match="nested too deeply"):
        chains.canonical(deep)


def test_the_largest_safe_integers_are_taken() -> None:
    assert chains.canonical([SAFE_INTEGER, -SAFE_INTEGER]) == "[9007199254740991,-9007199254740991]"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=JSON)
def test_a_compact_text_says_the_value_and_nothing_of_its_order(value: Any) -> None:
    text = chains.canonical(value)
    assert json.loads(text) == value
    assert chains.canonical(json.loads(text)) == text


@given(contents=st.lists(st.text(max_size=20), min_size=1, max_size=6), data=st.data())
def test_a_chain_takes_its_own_blocks_and_no_other_order(contents: list[str], data: Any) -> None:
    chain, copy = blank(), blank()
    for number, content in enumerate(contents):
        chain.append(message(number, content=content), WHEN)
    order = data.draw(st.permutations(range(len(contents))))
    taken = 0
    for number in order:
        if number == taken:
            copy.accept(chain.blocks[number])
            taken += 1
        else:
            with pytest.raises(ChainError):
                copy.accept(chain.blocks[number])
    assert copy.blocks == chain.blocks[:taken]


def resigned(block: Block, room: str = NODE["room_key"]) -> Block:
    """The block with the hash and the signature that its data deserve."""
    data = {"message": block.message}
    hash_ = chains.block_hash(data, block.previous_hash, block.number)
    return replace(block, hash=hash_, signature=chains.signature(room, hash_, data, block.number))


BAD = {
    "blockHash": lambda b: replace(b, message={**b.message, "content": "tampered"}),
    "previousHash": lambda b: resigned(replace(b, previous_hash="0" * 64)),
    "number": lambda b: resigned(replace(b, number=b.number + 1)),
    "chunkId": lambda b: replace(b, chunk_id=1),
    "signature": lambda b: resigned(b, "another key"),
    "sender": lambda b: resigned(replace(b, message={**b.message, "senderId": "cust_bob"})),
    "room": lambda b: resigned(replace(b, message={**b.message, "roomId": "room_other"})),
    "data": lambda b: replace(b, message={**b.message, "content": 0.5}),
    "known": lambda b: resigned(replace(b, message={**b.message, "id": "m0"})),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_wrong_block_is_refused_by_its_fault_and_changes_nothing(fault: str) -> None:
    chain = filled(2)
    good = chain.make(message(2), WHEN)
    with pytest.raises(ChainError) as refusal:
        chain.accept(BAD[fault](good))
    assert refusal.value.fault == fault
    assert chain.next_number == 2
    chain.accept(good)
    assert chain.head == good


def test_a_first_block_has_no_previous_hash() -> None:
    first = blank().make(message(0), WHEN)
    assert first.previous_hash is None
    with pytest.raises(ChainError, match="previousHash is not block None"):
        blank().accept(replace(first, previous_hash="0" * 64))


def test_a_message_is_appended_once_and_by_its_sender_only() -> None:
    chain = filled(1)
    with pytest.raises(ChainError, match="in the chain already"):
        chain.append(message(0), WHEN)
    with pytest.raises(ChainError, match="is of sender 'cust_bob'"):
        chain.append(message(1, senderId="cust_bob"), WHEN)
    with pytest.raises(ChainError, match="is of room None"):
        chain.append({"id": "x", "senderId": SENDER}, WHEN)
    assert chain.holds("m0") and not chain.holds("m1")


def test_chunks_and_what_comes_after_a_number() -> None:
    per_chunk = SPEC.asyncapi["x-policy"]["blocks_per_chunk"]
    chain = filled(per_chunk + 2)
    assert [block.chunk_id for block in chain.blocks[-3:]] == [0, 1, 1]
    assert [block.number for block in chain.chunk(1)] == [per_chunk, per_chunk + 1]
    assert [block.number for block in chain.chunk(0)] == list(range(per_chunk))
    assert chain.chunk(2) == []
    assert chain.after(-1) == list(chain.blocks)
    assert [block.number for block in chain.after(per_chunk)] == [per_chunk + 1]
    assert chain.confirms(chain.blocks[3]) and not chain.confirms(replace(chain.blocks[3], hash="x"))
    assert not chain.confirms(replace(chain.blocks[3], number=500))
