"""peer: sealed messages, hash chains and history sync (PEER-9 to PEER-13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from e2e.checks.peer import meet, shows
from e2e.peer import Chatter, Peer
from e2e.registry import check
from e2e.waiting import PATIENCE_S, among, eventually
from protocol import chain, frames, room_key, sync
from protocol.chain import Block
from protocol.envelope import EnvelopeError
from protocol.marks import mark
from protocol.room_key import Cipher
from protocol.spec import Json, Spec
from suite.expectations import expect, given_that

BEYOND = 5  # blocks more than one batch holds


@check("PEER-9")
async def the_room_key_opens_its_messages_and_no_other_does(subject: Chatter, peer: Peer, spec: Spec) -> None:
    await meet(subject, peer)
    texts = [mark() for _ in range(3)]
    for text in texts:
        await subject.say(text)
    await eventually(peer.messages, lambda shown: len(among(shown, texts)) == len(texts))
    sealed = [frame["encryptedData"] for frame in messages_of(subject, peer) if frame["encrypted"]]
    expect(len(sealed), f"how many of its {len(texts)} messages came sealed").equals(len(texts))
    opened = [opened_by(peer.cipher, envelope) for envelope in sealed]
    expect(opened, "what the room key finds in them").equals(texts)
    other = Cipher(spec, room_key.make(spec))
    expect([opened_by(other, envelope) for envelope in sealed], "what another key finds").equals([None] * 3)
    hashes = {envelope["tokenHash"] for envelope in sealed}
    wanted = [room_key.key_hash(peer.cipher.room_key)]
    expect(sorted(hashes), "the key that they say they are sealed with").equals(wanted)
    expect([envelope["iv"] for envelope in sealed], "their ivs").all_different()
    salts = {envelope["salt"] for envelope in sealed}
    expect(len(salts), "how many salts one sender has in one session").equals(1)


@check("PEER-9")
async def what_the_room_key_does_not_open_is_not_shown(subject: Chatter, peer: Peer, spec: Spec) -> None:
    await meet(subject, peer)
    foreign, text = mark(), mark()
    other = Cipher(spec, room_key.make(spec))
    peer.send_frame(peer.author.chat(foreign, sealed=other.seal(foreign)))
    await peer.say(text)
    expect(await shows(subject, text), "what is shown of a message sealed with the room key").equals([text])
    shown = await subject.messages()
    expect(among(shown, [foreign]), "what is shown of one sealed with another key").equals([])


@check("PEER-10")
async def no_plain_text_is_on_the_wire(subject: Chatter, peer: Peer) -> None:
    await subject.join(await peer.create_room())
    text = mark()
    await subject.say(text)
    given_that(await shows(peer, text), "what arrived of its message").equals([text])
    plain = [seen.text[:80] for seen in peer.frames_seen if text in seen.text]
    expect(plain, "the frames with the plain text").equals([])
    contents = [frame["content"] for frame in messages_of(subject, peer)]
    expect(contents, "the contents of its sealed messages").equals([""])


@check("PEER-11")
async def its_chain_verifies(subject: Chatter, peer: Peer) -> None:
    room = await subject.create_room()
    texts = [mark() for _ in range(3)]
    for text in texts:
        await subject.say(text)
    await peer.join(room)
    seen = await shows(peer, *texts)
    expect([gap.told for gap in peer.gaps], "what is wrong with its chain").equals([])
    given_that(seen, "the history, as it was told").equals(texts)
    found = peer.chains[subject.user.id].blocks
    # Its chain may hold more than what is shown, e.g. a `join`.
    numbers = [block.number for block in found]
    expect(numbers, "the numbers of its blocks").equals(list(range(max(len(found), len(texts)))))
    live = mark()
    await subject.say(live)
    given_that(await shows(peer, live), "what arrived of a message after them").equals([live])
    ids = [block.message["id"] for block in peer.chains[subject.user.id].blocks]
    expect(ids, "the messages of its chain").all_different()


async def _offered(subject: Chatter, peer: Peer, spoil: Callable[[Block], Block], *texts: str) -> None:
    """The subject comes late to a history of two messages, the second of which is spoilt. Each is in a batch
    of its own: who refuses a batch may refuse all of it.
    """
    room = await peer.create_room()
    for text in texts:
        await peer.say(text)
    mine = peer.chains[peer.id]
    first, second = mine.blocks
    asked: list[int] = []

    def answer(request: Json) -> list[Json]:
        if request["chainId"] != mine.id:
            return sync.answers(peer.spec, request["chainId"], (), peer.author)
        known = request["lastBlockNumber"]
        asked.append(sync.NONE_KNOWN if known is None else known)
        new = [block for block in (first, spoil(second)) if block.number > asked[-1]]
        if not new:
            return sync.answers(peer.spec, mine.id, (), peer.author, asked[-1])
        return [sync.response(mine.id, (one,), peer.author, more=one is not new[-1]) for one in new]

    peer.answer_by(answer)
    await subject.join(room)
    given_that(await shows(subject, texts[0]), "what is shown of the block that is right").equals([texts[0]])

    async def times() -> int:
        return len(asked)

    # Who takes one batch of an answer asks for the next one.
    await eventually(times, lambda count: count > 1, peer.spec.asyncapi["x-policy"]["sync_interval"] + 1)
    live = mark()
    await peer.say(live)
    given_that(await shows(subject, live), "what is shown of a message after them").equals([live])


@check("PEER-11", takes_s=7)
async def a_tampered_block_is_refused(subject: Chatter, peer: Peer) -> None:
    said, tampered = mark(), mark()

    def other_words(block: Block) -> Block:
        sealed = peer.author.chat(tampered, sealed=peer.cipher.seal(tampered))
        return replace(block, message={**sealed, "id": block.message["id"]})

    await _offered(subject, peer, other_words, said, mark())
    expect(among(await subject.messages(), [tampered]), "what is shown of a tampered block").equals([])


@check("PEER-11", takes_s=7)
async def a_block_that_the_room_key_did_not_sign_is_refused(subject: Chatter, peer: Peer, spec: Spec) -> None:
    said, unsigned = mark(), mark()
    other = room_key.make(spec)

    def signed_by_another(block: Block) -> Block:
        data = {"message": block.message}
        return replace(block, signature=chain.signature(other, block.hash, data, block.number))

    await _offered(subject, peer, signed_by_another, said, unsigned)
    shown = await subject.messages()
    expect(among(shown, [unsigned]), "what is shown of a block of another key's signature").equals([])


@check("PEER-12")
async def who_joins_late_is_shown_the_whole_history(subject: Chatter, peer: Peer, spec: Spec) -> None:
    room = await peer.create_room()
    texts = [f"{mark()} {number}" for number in range(sync.batch_limits(spec)[0] + BEYOND)]
    for text in texts:
        await peer.say(text)
    await subject.join(room)
    within_s = spec.asyncapi["x-policy"]["sync_interval"] + PATIENCE_S  # it may ask for each batch
    seen = await shows(subject, *texts, within_s=within_s)
    expect(seen, f"what is shown of a history of {len(texts)} messages").equals(texts)


@check("PEER-12")
async def who_joins_late_is_told_the_whole_history(subject: Chatter, peer: Peer, spec: Spec) -> None:
    room = await subject.create_room()
    blocks, most_bytes = sync.batch_limits(spec)
    size = frames.content_bytes(spec)
    texts = [mark() for _ in range(most_bytes // size + 1)]  # few, but more bytes than a batch has
    for text in texts:
        await subject.say(text.ljust(size, "x"))
    await peer.join(room)
    within_s = spec.asyncapi["x-policy"]["sync_interval"] + PATIENCE_S
    seen = await shows(peer, *texts, within_s=within_s)
    dropped = [one.why for one in peer.dropped]
    expect(dropped, "why frames of it were not taken").equals([])
    expect(seen, f"what it told of a history of {len(texts)} long messages").equals(texts)
    batches = [
        len(frame["blocks"])
        for frame in peer.frames_of(subject.user.id)
        if frame.get("type") == "sync_response" and frame["chainId"] == peer.chains[subject.user.id].id
    ]
    expect(len(batches), f"the batches, of {most_bytes} bytes at most").at_least(2)
    expect(max(batches), "the blocks of its largest batch").at_most(blocks)


@check("PEER-13", takes_s=6)
async def a_gap_is_found_and_named(subject: Chatter, peer: Peer, spec: Spec) -> None:
    room = await peer.create_room()
    texts = [f"{mark()} {number}" for number in range(4)]
    for text in texts:
        await peer.say(text)
    mine = peer.chains[peer.id]
    holed = [block for block in mine.blocks if block.number != 2]
    asked: list[int | None] = []

    def answer(request: Json) -> list[Json]:
        """The first answer lacks a block; later ones are whole."""
        if request["chainId"] != mine.id:
            return sync.answers(spec, request["chainId"], (), peer.author)
        asked.append(request["lastBlockNumber"])
        if len(asked) == 1:
            return [sync.response(mine.id, holed, peer.author)]
        return sync.answer(spec, request, mine, peer.author)

    peer.answer_by(answer)
    await subject.join(room)
    reasons = await eventually(subject.gap_reasons, bool)
    given_that(len(asked), "how often it asked for the history").at_least(1)
    expect(len(reasons), "how many gaps it named").at_least(1)
    expect(reasons[0], "the reason that it named").is_one_of(sync.gap_reasons(spec))
    # Asked for once more, the gap closes: nothing is lost, doubled or out of order.
    seen = await shows(subject, *texts, within_s=spec.asyncapi["x-policy"]["sync_interval"] + PATIENCE_S)
    expect(seen, "what is shown once the gap could be filled").equals(texts)
    # Of an answer with a hole it may have taken what comes before the hole, or nothing.
    beyond = [known for known in asked[1:2] if known is not None and known > 1]
    expect(beyond, "blocks beyond the gap that it said it has when it asked again").equals([])


def messages_of(subject: Chatter, peer: Peer) -> list[Json]:
    """The messages of the subject, as they came to the peer."""
    return [frame for frame in peer.frames_of(subject.user.id) if frame.get("type", "message") == "message"]


def opened_by(cipher: Cipher, envelope: Json) -> str | None:
    """What this key finds in an envelope; None where it does not open it."""
    try:
        return cipher.open(envelope)
    except EnvelopeError:
        return None
