"""peer: what goes over the data channel (PEER-1 to PEER-8), between the subject and peers of ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from e2e.peer import Chatter, Peer
from e2e.registry import check
from e2e.waiting import PATIENCE_S, among, eventually
from protocol import frames
from protocol.frames import Refused
from protocol.marks import mark
from protocol.spec import Json, Spec
from suite.expectations import expect, given_that

MESSAGES = 12  # each way: enough for an order to show
ANSWERS = ("room_key_response", "chunk_response")
LATE_S = 2.0  # that a client's timer may be late on a busy machine


async def shows(subject: Chatter, *texts: str, within_s: float = PATIENCE_S) -> list[str]:
    """Which of the texts the subject shows at last, in its order."""
    sent = list(texts)
    seen = await eventually(subject.messages, lambda shown: len(among(shown, sent)) >= len(sent), within_s)
    return among(seen, sent)


async def meet(subject: Chatter, *others: Peer) -> None:
    """The others join a room of the subject's."""
    room = await subject.create_room()
    for other in others:
        await other.join(room)


@check("PEER-1")
async def the_channel_is_the_chat_and_ordered(subject: Chatter, peer: Peer, spec: Spec) -> None:
    await meet(subject, peer)
    wanted = spec.asyncapi["channels"]["chat"]["x-data-channel"]
    expect(peer.channel.label, "the label of the broadcaster's channel").equals(wanted["label"])
    expect(peer.channel.ordered, "whether it is ordered and reliable").equals(wanted["ordered"])
    expect(peer.channel.others, "the channels beside it").equals([])


@check("PEER-2")
async def every_frame_is_valid(subject: Chatter, peer: Peer, spec: Spec) -> None:
    early, text = mark(), mark()
    room = await subject.create_room()
    await subject.say(early)  # so that there is a history to answer with
    await peer.join(room)
    await subject.start_typing()
    await subject.say(text)
    peer.send_frame(peer.author.room_key_request())
    peer.send_frame(peer.author.chunk_request(0))
    given_that(await shows(peer, early, text), "what the peer was told").equals([early, text])
    # Whoever answers no such request has sent nothing wrong by that.
    await eventually(_told(peer, ANSWERS), bool, LATE_S)
    await subject.leave()
    offline = await eventually(_status(peer, subject), lambda status: status == "offline")
    given_that(offline, "the presence of who left").equals("offline")
    found = {seen.text: frames.decode(spec, seen.text) for seen in peer.frames_seen}
    wrong = [f"{one.type}: {one.why}" for one in found.values() if isinstance(one, Refused)]
    expect(wrong, f"what is wrong with the {len(found)} frames that it sent").equals([])


@check("PEER-3")
async def messages_arrive_both_ways_in_order(subject: Chatter, peer: Peer) -> None:
    await meet(subject, peer)
    mine, theirs = ([f"{mark()} {number}" for number in range(MESSAGES)] for _ in range(2))
    for text, other in zip(mine, theirs, strict=True):
        await peer.say(text)
        await subject.say(other)
    last = [mark(), mark()]  # what comes doubled and late comes before these
    await peer.say(last[0])
    await subject.say(last[1])
    seen = await shows(subject, *mine, last[0])
    expect(seen, "what is shown of the other's messages").equals([*mine, last[0]])
    seen = await shows(peer, *theirs, last[1])
    expect(seen, "what arrived of its messages").equals([*theirs, last[1]])
    told = [frame["id"] for frame in peer.frames_of(subject.user.id) if "id" in frame]
    expect(told, "the ids of its messages").all_different()


def odd_frames(whole: Json, word: str) -> list[str | bytes]:
    """What is no valid frame; where a text can be shown it is the word."""
    odd: list[Json] = [
        {**whole, "type": "nonsense", "id": "odd_1"},
        {**whole, "type": 7, "id": "odd_2"},
        {key: value for key, value in whole.items() if key != "id"},
        {**whole, "id": "odd_3", "content": {"text": word}},
        {**whole, "id": "odd_4", "encrypted": "no"},
        {**whole, "id": "odd_5", "encrypted": True, "encryptedData": {"data": word}},
        {**whole, "id": "odd_6", "timestamp": word},
        {**whole, "id": "odd_7", "roomId": "<b>"},
        {"type": "typing"},
        {"type": "presence", "status": word},
        {"type": "sync_response", "chainId": word, "blocks": [None]},
        {"type": "room_key_response", "roomKey": word},
        {"__proto__": {"type": "message"}, "constructor": word},
    ]
    texts = ["", "{", "null", "[]", f'"{word}"', "7", "[" * 5000, '{"type":', frames.encode(whole)[:-1]]
    return [*map(frames.encode, odd), *texts, word.encode(), b"\xff\x00"]


@check("PEER-4")
async def what_is_no_frame_is_ignored(subject: Chatter, peer: Peer) -> None:
    await meet(subject, peer)
    odd, text, answer = mark(), mark(), mark()
    channel = peer.channel
    for frame in odd_frames(peer.author.chat(odd), odd):
        peer.send_raw(frame)
    await peer.say(text)
    expect(await shows(subject, text), "what is shown of a message after odd frames").equals([text])
    expect(channel.is_open, "whether the channel is still open").equals(True)
    expect(among(await subject.messages(), [odd]), "what is shown of the odd frames").equals([])
    await subject.say(answer)
    expect(await shows(peer, answer), "what comes back on the same channel").equals([answer])


@check("PEER-5")
async def over_long_content_is_not_sent(subject: Chatter, peer: Peer, spec: Spec) -> None:
    await meet(subject, peer)
    long, whole = mark(), mark()
    size = frames.content_bytes(spec)
    # Fewer characters than the limit, but more bytes.
    await subject.say(long + "é" * (size // 2))
    await subject.say(whole)
    given_that(await shows(peer, whole), "what arrived of a message that is not over-long").equals([whole])
    sizes = [len(text.encode()) for text in peer.contents() if long in text]
    expect(sizes, f"the bytes of its contents of more than {size} bytes, as they arrived").equals([])


@check("PEER-5")
async def over_long_content_is_dropped(subject: Chatter, peer: Peer, spec: Spec) -> None:
    await meet(subject, peer)
    long, whole, after = mark(), mark(), mark()
    size = frames.content_bytes(spec)
    text = long + "é" * (size // 2)
    peer.send_frame(peer.author.chat(text))
    peer.send_frame(peer.author.chat(text, sealed=peer.cipher.seal(text)))
    await peer.say(whole.ljust(size, "x"))
    await peer.say(after)
    given_that(await shows(subject, whole, after), "what is shown of messages of the most bytes").equals(
        [whole, after]
    )
    expect(among(await subject.messages(), [long]), "what is shown of the over-long ones").equals([])


@check("PEER-6")
async def a_viewers_frames_carry_its_own_id(subject: Chatter, peer: Peer, spec: Spec) -> None:
    await subject.join(await peer.create_room())
    text = mark()
    await subject.start_typing()
    await subject.say(text)
    await eventually(peer.messages, lambda shown: bool(among(shown, [text])))
    found = (frames.decode(spec, seen.text) for seen in peer.frames_seen)
    valid = [frame for frame in found if not isinstance(frame, Refused)]
    given_that(len(valid), "how many valid frames the viewer sent").at_least(1)
    senders = {sender for frame in valid if (sender := frame.sender(spec)) is not None}
    expect(sorted(senders), "the senders that its frames name").equals([subject.user.id])
    expect(await shows(peer, text), "what arrived of its message").equals([text])


@check("PEER-6")
async def a_frame_of_a_foreign_sender_is_dropped(subject: Chatter, peer: Peer, third: Peer) -> None:
    await meet(subject, peer, third)
    forged, text = mark(), mark()
    for victim in (third.id, subject.user.id):
        frame = peer.author.chat(forged)
        peer.send_frame({**frame, "senderId": victim, "senderName": third.name})
    await peer.say(text)
    given_that(await shows(third, text), "what reaches the third of a message of its own").equals([text])
    carried = [seen.text[:80] for seen in third.frames_seen if forged in seen.text]
    expect(carried, "what is forwarded of frames with another's id").equals([])
    expect(await shows(subject, text), "what is shown of a message of its own").equals([text])
    expect(among(await subject.messages(), [forged]), "what is shown of those frames").equals([])


@check("PEER-7", takes_s=7)
async def typing_stops_by_itself(subject: Chatter, peer: Peer, spec: Spec) -> None:
    await meet(subject, peer)
    shown_s = spec.asyncapi["x-policy"]["typing_shown"]
    await subject.start_typing()
    given_that(await eventually(peer.typing, bool), "whether the peer is told of typing").equals(True)
    await peer.start_typing()
    given_that(await eventually(subject.typing, bool), "whether typing is shown").equals(True)
    seen = await eventually(subject.typing, lambda shown: not shown, shown_s + LATE_S)
    expect(seen, f"whether typing is shown {shown_s + LATE_S:g} s after the last sign of it").equals(False)
    seen = await eventually(peer.typing, lambda told: not told, LATE_S)
    expect(seen, "whether it still tells of typing, with nobody typing").equals(False)


@check("PEER-8")
async def presence_is_online_on_open_and_offline_on_leave(subject: Chatter, peer: Peer) -> None:
    await subject.join(await peer.create_room())
    seen = await eventually(_status(peer, subject), lambda status: status is not None)
    expect(seen, "the presence that it told when the channel opened").equals("online")
    await subject.leave()
    seen = await eventually(_status(peer, subject), lambda status: status == "offline")
    expect(seen, "the presence that it told when it left").equals("offline")


def _told(peer: Peer, types: tuple[str, ...]) -> Callable[[], Awaitable[bool]]:
    """Looks whether frames of all these types came, right or wrong."""

    async def look() -> bool:
        return all(any(f'"{name}"' in seen.text for seen in peer.frames_seen) for name in types)

    return look


def _status(peer: Peer, subject: Chatter) -> Callable[[], Awaitable[str | None]]:
    """Looks what presence of the subject the peer was told last."""

    async def look() -> str | None:
        return peer.status_of(subject.user.id)

    return look
