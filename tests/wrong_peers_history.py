"""Deliberately wrong peers, as in wrong_peers.py: sealing, chains, history, losses (PEER-9 to PEER-15)."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

from e2e.peer.guest import Guest
from e2e.peer.history import History
from e2e.peer.link import Link
from e2e.peer.talk import Talk
from protocol import chain, room_key, sync
from protocol.chain import Block, Chain, ChainError
from protocol.envelope import EnvelopeError
from protocol.frames import Frame
from protocol.room_key import Cipher
from protocol.sync import Asking, Gap
from tests.wrong_peers import wrong

# -- PEER-9 and PEER-10


class Plain(Talk):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.encrypted = False


@wrong("the_room_key_opens_its_messages_and_no_other_does", "came sealed: wanted 3; got 0")
class NeverSeals(Plain):
    pass


@wrong("no_plain_text_is_on_the_wire", "the frames with the plain text: wanted")
class SendsPlainText(Plain):
    pass


@wrong("no_plain_text_is_on_the_wire", "the frames with the plain text: wanted")
class SealsAndTellsBeside(Talk):
    def chat(self, text: str) -> Any:
        return {**super().chat(text), "preview": text}


@wrong("the_room_key_opens_its_messages_and_no_other_does", "what the room key finds in them: wanted")
class SealsWithAnotherKey(Cipher):
    def seal(self, content: str) -> Any:
        return Cipher(self._spec, room_key.make(self._spec)).seal(content)


@wrong("the_room_key_opens_its_messages_and_no_other_does", "their ivs: wanted")
class UsesOneIv(Cipher):
    def seal(self, content: str) -> Any:
        key = self._key(self._spec, self.room_key, self._salt)
        sealed = room_key.envelope.seal(
            self._spec, self.room_key, content.encode(), salt=self._salt, iv=b"\0" * 12, key=key
        )
        return {**sealed, "passwordProtected": False}


@wrong("the_room_key_opens_its_messages_and_no_other_does", "how many salts one sender has in one session")
class DerivesEachTime(Cipher):
    def seal(self, content: str) -> Any:
        return Cipher(self._spec, self.room_key).seal(content)


@wrong("what_the_room_key_does_not_open_is_not_shown", "what is shown of one sealed with another key: wanted")
class OpensWithAnyKey(Cipher):
    """As if the key travelled with the message."""

    known: list[str] = []  # noqa: RUF012

    def open(self, sealed: Any) -> str:
        for key in [self.room_key, *self.known]:
            try:
                return Cipher(self._spec, key).open(sealed)
            except EnvelopeError:
                continue
        raise EnvelopeError("data: no key opens it")


# -- PEER-11


@wrong("its_chain_verifies", "what is wrong with its chain: wanted")
class SignsWithAnotherKey(Chain):
    def make(self, message: Any, created_at: str) -> Block:
        block = super().make(message, created_at)
        signed = chain.signature("another key", block.hash, {"message": message}, block.number)
        return dataclasses.replace(block, signature=signed)


@wrong("its_chain_verifies", "what is wrong with its chain: wanted")
class HashesWithSpaces(Chain):
    def make(self, message: Any, created_at: str) -> Block:
        return dataclasses.replace(super().make(message, created_at), hash="0" * 64)


class Unverified(Chain):
    def _verify(self, block: Block) -> None:
        """Nothing is looked at."""


@wrong("a_tampered_block_is_refused", "what is shown of a tampered block: wanted")
class TakesTamperedBlocks(Unverified):
    pass


@wrong("a_block_that_the_room_key_did_not_sign_is_refused", "what is shown of a block of another key's")
class TakesUnsignedBlocks(Unverified):
    pass


class TakesOneBatchOfAnAnswer(Asking):
    """Each time the first one, and the next when it is asked for."""

    asked = True

    def poll(self, now: float, author: Any) -> Any:
        request = super().poll(now, author)
        self.asked = self.asked or request is not None
        return request

    def take(self, frame: Any) -> list[Block]:
        if not self.asked:
            return []
        self.asked = False
        return super().take(frame)


@wrong("a_tampered_block_is_refused", "what is shown of a tampered block: wanted")
class TakesTamperedBlocksOneByOne(History):
    chain_class, asking_class = Unverified, TakesOneBatchOfAnAnswer


class RefusesBatchesWhole(Asking):
    """Right, and stricter than most: nothing of a batch is taken where one of its blocks is wrong."""

    def take(self, frame: Any) -> list[Block]:
        trial = copy.deepcopy(self.chain)
        try:
            for block in map(Block.of, frame["blocks"]):
                if not trial.confirms(block):
                    trial.accept(block)
        except ChainError as error:
            self._found(trial.next_number, trial.next_number, "storage_corruption", str(error))
            return []
        return super().take(frame)


# -- PEER-12


@wrong("who_joins_late_is_shown_the_whole_history", "what is shown of a history of 55 messages: wanted")
class AsksForOneBatchOnly(Asking):
    def take(self, frame: Any) -> list[Block]:
        return [] if self.batches else super().take({**frame, "hasMore": False})


@wrong("who_joins_late_is_told_the_whole_history", "what it told of a history of 6 long messages: wanted")
class GivesOneBatchOnly(History):
    def answers(self, request: Any) -> list[Any]:
        return [{**super().answers(request)[0], "hasMore": False}]


@wrong("who_joins_late_is_told_the_whole_history", "bytes, more than 60000")
class GivesAllInOneBatch(History):
    def answers(self, request: Any) -> list[Any]:
        entry = self.entries.get(request["chainId"].partition(":")[2])
        blocks = entry.chain.blocks if entry is not None else ()
        return [sync.response(request["chainId"], blocks, self.author)]


# -- PEER-13


@wrong("a_gap_is_found_and_named", "how many gaps it named: wanted")
class NamesNoGap(Asking):
    def _found(self, *args: Any) -> None:
        """It is found, and kept to oneself."""


@wrong("a_gap_is_found_and_named", "the reason that it named: wanted")
class NamesAGapOddly(Asking):
    def _found(self, first: int, last: int | None, reason: Any, told: str) -> None:
        self.gaps.append(Gap(self.chain.id, first, last, "bad weather", told))  # type: ignore[arg-type]


@wrong("a_gap_is_found_and_named", "what is shown once the gap could be filled: wanted")
class LeavesAGap(Asking):
    def take(self, frame: Any) -> list[Block]:
        found = super().take(frame)
        self.wanted = False
        return found


# -- PEER-14


@wrong("it_comes_back_on_schedule_with_nothing_lost", "the seconds from the loss to its first try: wanted")
class ComesBackAtOnce(Guest):
    async def reconnect(self, lost_at: float) -> Link:
        return await self.connect()


@wrong("it_comes_back_on_schedule_with_nothing_lost", "what arrived: before, during, after: wanted")
class ForgetsWhatItSaid(Talk):
    def opened(self, line: Any, again: bool = False) -> None:
        self.sent = []
        super().opened(line, again)


@wrong("it_comes_back_on_schedule_with_nothing_lost", "what arrived: before, during, after: wanted")
class SaysAllAgain(Talk):
    def opened(self, line: Any, again: bool = False) -> None:
        self.sent = [{**message, "id": message["id"] + "_again"} for message in self.sent]
        super().opened(line, again)


@wrong("it_comes_back_on_schedule_with_nothing_lost", "what is shown: before, during, after: wanted")
class AsksForNothingAfterALoss(History):
    def opened(self, again: bool) -> None:
        if not again:
            super().opened(again)


# -- PEER-15


@wrong("a_channel_carries_many_messages", "messages in 10 s were lost: wanted 0; got 10")
class LosesOneInAHundred(Talk):
    came = 0

    def _message(self, frame: Frame) -> None:
        self.came += 1
        if self.came % 100:
            super()._message(frame)
