"""Hash chains of peer messages (protocol section 5): blocks made, verified and appended. Pure, without I/O.

A sender has one chain, `roomId:senderId`. Who holds the room key makes the same blocks of the same frames.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import rfc8785

from protocol.spec import Json, Spec

SAFE_INTEGER = 2**53 - 1  # ECMAScript's Number.MAX_SAFE_INTEGER

Fault = Literal[
    "room", "sender", "number", "previousHash", "blockHash", "chunkId", "signature", "data", "order", "known"
]


class CompactError(ValueError):
    """The value has no compact JSON; the message says where and why."""


class ChainError(Exception):
    """A block is refused. `fault` names what is wrong, the message says it in words."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class Block:
    """One block, as asyncapi.yaml describes it. `message` is the frame as it was sent."""

    hash: str
    previous_hash: str | None
    number: int
    chunk_id: int
    message: Json
    signature: str
    created_at: str
    confirmed_by: tuple[str, ...] = ()

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Block:
        """The block that a valid record of a sync_response says."""
        return cls(
            hash=record["blockHash"],
            previous_hash=record["previousHash"],
            number=record["blockNumber"],
            chunk_id=record["chunkId"],
            message=record["data"]["message"],
            signature=record["signature"],
            created_at=record["createdAt"],
            confirmed_by=tuple(record["confirmedBy"]),
        )

    def record(self) -> Json:
        """The block as it goes over the wire."""
        return {
            "blockHash": self.hash,
            "previousHash": self.previous_hash,
            "blockNumber": self.number,
            "chunkId": self.chunk_id,
            "data": {"message": self.message},
            "signature": self.signature,
            "createdAt": self.created_at,
            "confirmedBy": list(self.confirmed_by),
        }


def canonical(value: Any) -> str:
    """The JSON text of RFC 8785. Raises CompactError for anything but null, booleans, text without lone
    surrogates, safe integers, and arrays and objects of those.
    """
    _refuse_odd(value)
    try:
        return rfc8785.dumps(value).decode()
    except RecursionError:
        raise CompactError("the value is nested too deeply") from None


def block_hash(data: Mapping[str, Any], previous_hash: str | None, number: int) -> str:
    """SHA-256 in hex of the compact JSON of {data, previousHash, blockNumber}. Raises CompactError."""
    previous = json.dumps(previous_hash)
    text = f'{{"data":{canonical(data)},"previousHash":{previous},"blockNumber":{_safe(number)}}}'
    return hashlib.sha256(text.encode()).hexdigest()


def signature(room_key: str, hash_: str, data: Mapping[str, Any], number: int) -> str:
    """HMAC-SHA256 in hex, keyed with the ASCII of the room key's base64 text, of the compact JSON of
    {blockHash, data, blockNumber}. Raises CompactError.
    """
    text = f'{{"blockHash":{json.dumps(hash_)},"data":{canonical(data)},"blockNumber":{_safe(number)}}}'
    return hmac.new(room_key.encode("ascii"), text.encode(), hashlib.sha256).hexdigest()


def merkle_root(hashes: Iterable[str]) -> str:
    """Pairwise SHA-256 of the concatenated hex texts, the odd one paired with itself, until one is left. One
    hash is its own root; of none it is the empty string.
    """
    level = list(hashes)
    if not level:
        return ""
    while len(level) > 1:
        if len(level) % 2:
            level.append(level[-1])
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [hashlib.sha256((left + right).encode()).hexdigest() for left, right in pairs]
    return level[0]


def chain_id(room: str, sender: str) -> str:
    return f"{room}:{sender}"


class Chain:
    """The blocks of one sender in one room, whole from block 0 to `next_number` - 1 and verified."""

    def __init__(self, spec: Spec, room: str, sender: str, room_key: str) -> None:
        self.id = chain_id(room, sender)
        self.room = room
        self.sender = sender
        self._room_key = room_key
        self._per_chunk: int = spec.asyncapi["x-policy"]["blocks_per_chunk"]
        self._blocks: list[Block] = []
        self._ids: set[str] = set()

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(self._blocks)

    @property
    def next_number(self) -> int:
        return len(self._blocks)

    @property
    def head(self) -> Block | None:
        """The last block, or None where there is none yet."""
        return self._blocks[-1] if self._blocks else None

    def holds(self, message_id: str) -> bool:
        """Whether a message of that id is in the chain."""
        return message_id in self._ids

    def after(self, number: int) -> list[Block]:
        """The blocks after that number; -1 stands for before the first."""
        return self._blocks[max(number + 1, 0) :]

    def chunk(self, chunk_id: int) -> list[Block]:
        """The blocks of one chunk."""
        start = max(chunk_id, 0) * self._per_chunk
        return self._blocks[start : start + self._per_chunk]

    def make(self, message: Json, created_at: str) -> Block:
        """The next block, of this frame; it is not appended. Raises ChainError (of the frame's room or
        sender) and CompactError.
        """
        self._belongs(message)
        data = {"message": message}
        previous = self.head.hash if self.head is not None else None
        number = self.next_number
        hash_ = block_hash(data, previous, number)
        signed = signature(self._room_key, hash_, data, number)
        return Block(hash_, previous, number, number // self._per_chunk, message, signed, created_at)

    def append(self, message: Json, created_at: str) -> Block:
        """Makes the next block of this frame and appends it. Raises ChainError and CompactError."""
        if self.holds(str(message.get("id"))):
            raise ChainError("known", f"message {message.get('id')!r} is in the chain already")
        block = self.make(message, created_at)
        self._push(block)
        return block

    def accept(self, block: Block) -> None:
        """Appends a block that somebody else made, or raises ChainError and leaves the chain as it was."""
        self._verify(block)
        self._push(block)

    def confirms(self, block: Block) -> bool:
        """Whether the chain holds exactly this block at its number."""
        return block.number < self.next_number and self._blocks[block.number].hash == block.hash

    def _push(self, block: Block) -> None:
        self._blocks.append(block)
        self._ids.add(str(block.message.get("id")))

    def _belongs(self, message: Json) -> None:
        if message.get("roomId") != self.room:
            raise ChainError("room", f"the message is of room {message.get('roomId')!r}, not {self.room!r}")
        if message.get("senderId") != self.sender:
            raise ChainError(
                "sender", f"the message is of sender {message.get('senderId')!r}, not {self.sender!r}"
            )

    def _verify(self, block: Block) -> None:
        self._belongs(block.message)
        if block.number != self.next_number:
            raise ChainError(
                "number", f"block {block.number} came where block {self.next_number} was expected"
            )
        previous = self.head.hash if self.head is not None else None
        if block.previous_hash != previous:
            raise ChainError("previousHash", f"block {block.number}: previousHash is not block {previous}")
        data = {"message": block.message}
        try:
            hash_ = block_hash(data, previous, block.number)
        except CompactError as error:
            raise ChainError("data", f"block {block.number}: {error}") from None
        if block.hash != hash_:
            raise ChainError("blockHash", f"block {block.number}: blockHash is not that of its data")
        if block.chunk_id != block.number // self._per_chunk:
            raise ChainError(
                "chunkId",
                f"block {block.number}: chunkId is {block.chunk_id}, not {block.number // self._per_chunk}",
            )
        signed = signature(self._room_key, hash_, data, block.number)
        if not hmac.compare_digest(signed.encode(), block.signature.encode("utf-8", "replace")):
            raise ChainError("signature", f"block {block.number}: the room key did not sign it")
        if self.holds(str(block.message.get("id"))):
            raise ChainError("known", f"block {block.number}: its message is in the chain already")


def _safe(number: int) -> int:
    _refuse_odd(number)
    return number


def _refuse_odd(value: Any) -> None:
    """Raises CompactError for what compact JSON has no form for. Without recursion: nesting may be deep."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        where, here = waiting.pop()
        at = f"{where or 'the value'}:"
        if here is None or isinstance(here, bool):
            continue
        if isinstance(here, str):
            _refuse_surrogates(here, at)
        elif isinstance(here, int):
            if abs(here) > SAFE_INTEGER:
                raise CompactError(f"{at} expected a safe integer, got one beyond 2^53 - 1")
        elif isinstance(here, list | tuple):
            waiting.extend((f"{where}[{index}]", item) for index, item in enumerate(here))
        elif isinstance(here, dict):
            for key, item in here.items():
                if not isinstance(key, str):
                    raise CompactError(f"{at} expected text for a key, got {type(key).__name__}")
                _refuse_surrogates(key, at)
                waiting.append((f"{where}.{key}" if where else key, item))
        else:
            raise CompactError(f"{at} expected JSON with safe integers only, got {type(here).__name__}")


def _refuse_surrogates(text: str, at: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise CompactError(f"{at} expected text, got a lone surrogate in it") from None
