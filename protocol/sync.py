"""History sync (protocol section 5): chains answered in batches, asked for, and their gaps found. Pure.

Times are seconds of the caller's clock; nothing here reads one, sleeps or sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from protocol.chain import Block, Chain, ChainError, merkle_root
from protocol.frames import LIMIT, Author, encode
from protocol.spec import Json, Spec

Reason = Literal[
    "peer_offline", "network_partition", "late_join", "storage_corruption", "sync_timeout", "unknown"
]
NONE_KNOWN = -1  # `lastBlockNumber` of who has nothing (asyncapi.yaml allows null as well)


@dataclass(frozen=True)
class Gap:
    """Blocks that are missing, from `first` to `last` (None: whatever comes after), and why."""

    chain_id: str
    first: int
    last: int | None
    reason: Reason
    told: str = ""


def gap_reasons(spec: Spec) -> tuple[str, ...]:
    """The reasons that a gap may be given."""
    return tuple(spec.asyncapi["x-policy"]["gap_reasons"])


def batch_limits(spec: Spec) -> tuple[int, int]:
    """How many blocks, and how many bytes, a sync_response has at most."""
    message = spec.asyncapi["components"]["messages"]["sync_response"]
    return message["payload"]["properties"]["blocks"]["maxItems"], message[LIMIT]


def response(
    chain_id: str, blocks: Sequence[Block], author: Author, *, known: int = NONE_KNOWN, more: bool = False
) -> Json:
    """One sync_response. Without blocks it says that there are none after block `known`."""
    return {
        "type": "sync_response",
        "chainId": chain_id,
        "blocks": [block.record() for block in blocks],
        "batchHash": merkle_root(block.hash for block in blocks),
        "fromBlock": blocks[0].number if blocks else known + 1,
        "toBlock": blocks[-1].number if blocks else known,
        "hasMore": more,
        "responderId": author.user_id,
    }


def answers(
    spec: Spec, chain_id: str, blocks: Sequence[Block], author: Author, known: int = NONE_KNOWN
) -> list[Json]:
    """The blocks in as many sync_responses as they need, one at least. A block larger than a batch may
    be goes alone.
    """
    most_blocks, most_bytes = batch_limits(spec)
    batches: list[list[Block]] = []
    # Digits of numbers and the hash grow with blocks: room for the longest.
    around = {**response(chain_id, blocks[:1], author, known=known), "blocks": []}
    empty = len(encode(around).encode())
    empty += 2 * len(str(blocks[-1].number)) if blocks else 0
    size = 0
    for block in blocks:
        own = len(encode(block.record()).encode()) + 1
        if not batches or len(batches[-1]) == most_blocks or empty + size + own > most_bytes:
            batches.append([])
            size = 0
        batches[-1].append(block)
        size += own
    if not batches:
        return [response(chain_id, (), author, known=known)]
    last = len(batches) - 1
    return [response(chain_id, batch, author, more=index < last) for index, batch in enumerate(batches)]


def answer(spec: Spec, request: Json, chain: Chain | None, author: Author) -> list[Json]:
    """What a valid sync_request is answered with."""
    known = request["lastBlockNumber"]
    known = NONE_KNOWN if known is None else known
    blocks = chain.after(known) if chain is not None else []
    return answers(spec, request["chainId"], blocks, author, known)


class Asking:
    """Asks for one chain until it is whole. `poll` says when a request goes out, `take` what a response gave.

    A request is repeated after the interval where nothing or not all came; after the time-out of silence the
    gap is named and the asking ends, until `want` starts it again.
    """

    def __init__(self, spec: Spec, chain: Chain) -> None:
        policy = spec.asyncapi["x-policy"]
        self.chain = chain
        self.gaps: list[Gap] = []
        self.wanted = False
        self.batches = 0
        self._interval: float = policy["sync_interval"]
        self._timeout: float = policy["sync_timeout"]
        self._reasons = gap_reasons(spec)
        self._asked_at: float | None = None
        self._waiting_since: float | None = None
        self._why: Reason = "unknown"

    def want(self, why: Reason) -> None:
        """The chain may have blocks that we lack; `why` is the reason that a gap found meanwhile is given."""
        if not self.wanted:
            self._waiting_since = None
        self.wanted = True
        self._why = why

    def poll(self, now: float, author: Author) -> Json | None:
        """The sync_request that is due now, or None."""
        if not self.wanted:
            return None
        if self._waiting_since is not None and now - self._waiting_since >= self._timeout:
            self.wanted = False
            self._found(self.chain.next_number, None, "sync_timeout", "nobody answered in time")
            return None
        if self._asked_at is not None and now - self._asked_at < self._interval:
            return None
        self._asked_at = now
        if self._waiting_since is None:
            self._waiting_since = now
        head = self.chain.head
        return author.sync_request(
            self.chain.id,
            head.number if head is not None else None,
            head.created_at if head is not None else None,
        )

    def take(self, frame: Json) -> list[Block]:
        """The new blocks of a valid sync_response of this chain, verified and in the chain now.

        What is wrong with it becomes a gap: nothing after the first wrong block is taken.
        """
        before = self.chain.next_number
        blocks = [Block.of(record) for record in frame["blocks"]]
        self.batches += bool(blocks)
        if frame["batchHash"] != merkle_root(block.hash for block in blocks):
            self._found(before, None, "storage_corruption", "batchHash is not the Merkle root of the batch")
            return []
        whole = self._append(blocks)
        if whole and not frame["hasMore"]:
            self.wanted = False
        if self.chain.next_number > before:
            self._waiting_since = None  # it goes on; the next silence is timed anew
        return self.chain.after(before - 1)

    def _append(self, blocks: Iterable[Block]) -> bool:
        """Whether each block was taken or known."""
        for block in blocks:
            if block.number < self.chain.next_number:
                if not self.chain.confirms(block):
                    why = f"block {block.number} differs from the one known"
                    self._found(block.number, block.number, "storage_corruption", why)
                    return False
                continue
            if block.number > self.chain.next_number:
                why = f"block {block.number} came where block {self.chain.next_number} was expected"
                self._found(self.chain.next_number, block.number - 1, self._why, why)
                return False
            try:
                self.chain.accept(block)
            except ChainError as error:
                self._found(block.number, block.number, "storage_corruption", str(error))
                return False
        return True

    def _found(self, first: int, last: int | None, reason: Reason, told: str) -> None:
        if reason not in self._reasons:
            raise ValueError(f"asyncapi.yaml: x-policy.gap_reasons: {reason} is not among them")
        gap = Gap(self.chain.id, first, last, reason, told)
        if gap not in self.gaps:
            self.gaps.append(gap)
