"""core: the offer and answer mailbox (MBOX-1 to MBOX-15)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from conformance.checks.ice import lines
from conformance.checks.rooms import unknown_room
from conformance.registry import check, each
from conformance.things import relay_candidate, sdp
from conformance.waits import after, still_within
from protocol.client import User
from protocol.operations import Answer, Request
from protocol.spec import Spec
from suite.expectations import expect, given, refused_but_for, twin, words


@dataclass(frozen=True)
class Box:
    """One of a room's two boxes, by its verbs. `operation` is the one that posts to it."""

    operation: str
    field: str

    async def post(self, by: User, room: str, text: str) -> Answer:
        verb: Callable[..., Awaitable[Answer]] = by.send_offer if self.field == "offer" else by.send_answer
        return await verb(room, text)

    async def read(self, by: User, room: str) -> Answer:
        verb: Callable[..., Awaitable[Answer]] = by.get_offer if self.field == "offer" else by.get_answer
        return await verb(room)

    def posting(self, by: User, room: str, text: str) -> Request:
        return by.offering(room, text) if self.field == "offer" else by.answering(room, text)


OFFERS = Box("sendOffer", "offer")
ANSWERS = Box("sendAnswer", "answer")


def boxes(spec: Spec) -> list[tuple[str, Box]]:
    return [("offer", OFFERS), ("answer", ANSWERS)]


@check("MBOX-1")
async def an_offer_is_returned_byte_for_byte(alice: User, bob: User, room: str, offer: str) -> None:
    given(await alice.send_offer(room, offer))
    answer = await bob.get_offer(room)
    expect(answer).accepted().valid().has("offer", offer)
    expect(answer).has("type", "offer").has("fromUserId", alice.id)


@check("MBOX-1")
async def unusual_characters_of_an_offer_are_kept(alice: User, bob: User, room: str) -> None:
    offer = 'v=0\r\ns=  two  spaces\t\\ "quoted" </b> Grüße 漢字\r\n\r\na=x:\u2028\u007f\r\n \r\n'
    given(await alice.send_offer(room, offer))
    expect(await bob.get_offer(room)).accepted().has("offer", offer)


@check("MBOX-2")
async def an_offer_is_read_once(alice: User, bob: User, room: str, offer: str) -> None:
    given(await alice.send_offer(room, offer))
    expect(await bob.get_offer(room)).accepted().offer_is(offer)
    expect(await bob.get_offer(room)).refused()


@check("MBOX-3")
async def an_answer_is_read_once(alice: User, bob: User, room: str, answer: str) -> None:
    given(await bob.send_answer(room, answer))
    expect(await alice.get_answer(room)).accepted().answer_is(answer)
    expect(await alice.get_answer(room)).refused()


@check("MBOX-4")
async def an_unread_offer_is_gone_after_its_lifetime(alice: User, bob: User, room: str, offer: str) -> None:
    given(await alice.send_offer(room, sdp()))
    twin(await bob.get_offer(room))
    posted = given(await alice.send_offer(room, offer))
    await after("offer_lifetime - grace_before", since=posted)
    await alice.heartbeat(room)  # it keeps the room alive, and no mail
    await after("grace_before + grace_after")
    expect(await bob.get_offer(room)).refused()


@check("MBOX-5")
async def an_unread_answer_is_gone_after_its_lifetime(alice: User, bob: User, room: str, answer: str) -> None:
    given(await bob.send_answer(room, sdp()))
    twin(await alice.get_answer(room))
    posted = given(await bob.send_answer(room, answer))
    await after("answer_lifetime - grace_before", since=posted)
    await bob.heartbeat(room)  # it keeps the room alive, and no mail
    await after("grace_before + grace_after")
    expect(await alice.get_answer(room)).refused()


@check("MBOX-6")
async def an_unread_offer_is_there_shortly_before_its_end(
    alice: User, bob: User, room: str, offer: str
) -> None:
    posted = given(await alice.send_offer(room, offer))
    await after("offer_lifetime - grace_before", since=posted)
    answer = await bob.get_offer(room)
    still_within("offer_lifetime", since=posted)
    expect(answer).accepted().offer_is(offer)


@check("MBOX-6", clock=True, extra=True)
async def a_newer_offers_lifetime_is_its_own(alice: User, bob: User, room: str, offer: str) -> None:
    given(await alice.send_offer(room, sdp()))
    await after("grace_before + grace_after")
    posted = given(await alice.send_offer(room, offer))
    await after("offer_lifetime - grace_before", since=posted)
    expect(await bob.get_offer(room)).accepted().offer_is(offer)


@check("MBOX-7")
async def a_newer_offer_replaces_an_unread_one(alice: User, bob: User, room: str) -> None:
    older, newer = sdp(), sdp()
    given(await alice.send_offer(room, older))
    given(await alice.send_offer(room, newer))
    expect(await bob.get_offer(room)).accepted().offer_is(newer)
    left = words((await bob.get_offer(room)).at("offer"))
    expect(left, "the offer of the next read").differs(words(older))


@check("MBOX-8", safety=True)
@each(boxes)
async def rooms_do_not_see_each_others_mail(
    alice: User, bob: User, carol: User, room: str, case: Box
) -> None:
    other = given(await carol.create_room()).room_id
    given(await bob.join(other))
    text = sdp()
    given(await case.post(alice, room, text))
    expect(await case.read(bob, other)).refused()
    expect(await case.read(bob, room)).accepted().mail_is(case.field, text)


@check("MBOX-9")
async def the_two_boxes_are_independent(alice: User, bob: User, room: str, offer: str, answer: str) -> None:
    given(await alice.send_offer(room, offer))
    expect(await alice.get_answer(room)).refused(404)
    given(await bob.send_answer(room, answer))
    expect(await bob.get_offer(room)).accepted().offer_is(offer)
    expect(await alice.get_answer(room)).accepted().answer_is(answer)


@check("MBOX-9")
async def reading_an_answer_leaves_the_offer(
    alice: User, bob: User, room: str, offer: str, answer: str
) -> None:
    given(await alice.send_offer(room, offer))
    given(await bob.send_answer(room, answer))
    expect(await alice.get_answer(room)).accepted().answer_is(answer)
    expect(await bob.get_offer(room)).accepted().offer_is(offer)


@check("MBOX-10")
@each(boxes)
async def an_empty_box_is_refused(alice: User, bob: User, room: str, case: Box) -> None:
    expect(await case.read(bob, room)).refused()
    given(await case.post(alice, room, sdp()))
    twin(await case.read(bob, room))


@check("MBOX-10")
@each(boxes)
async def mail_of_a_gone_room_is_refused(alice: User, bob: User, room: str, case: Box) -> None:
    given(await case.post(alice, room, sdp()))
    twin(await case.read(bob, room))
    given(await case.post(alice, room, sdp()))
    given(await alice.leave(room))
    given(await bob.leave(room))
    expect(await case.read(bob, room), f"the {case.field} of a room that all have left").refused()


@check("MBOX-11")
@each(boxes)
async def posting_to_an_unknown_room_is_refused(alice: User, room: str, case: Box) -> None:
    request = case.posting(alice, room, sdp())
    await refused_but_for(alice, request, lambda r: r.with_fields(roomId=unknown_room()))


@check("MBOX-11")
@each(lambda spec: [("sendCandidate", "sendCandidate")])
async def a_candidate_to_an_unknown_room_is_refused(alice: User, room: str, case: str) -> None:
    request = alice.candidate_of(room, relay_candidate())
    await refused_but_for(alice, request, lambda r: r.with_fields(roomId=unknown_room()))


@check("MBOX-12")
@each(boxes)
async def a_stranger_can_neither_post_nor_read(
    alice: User, bob: User, stranger: User, room: str, case: Box
) -> None:
    text = sdp()
    given(await case.post(alice, room, text))
    expect(await case.read(stranger, room)).refused()
    expect(await case.post(stranger, room, sdp())).refused()
    expect(await case.read(bob, room)).accepted().mail_is(case.field, text)


@check("MBOX-12")
@each(lambda spec: [("sendCandidate", "sendCandidate")])
async def a_stranger_has_no_part_in_the_candidates(
    alice: User, bob: User, stranger: User, room: str, case: str
) -> None:
    line = relay_candidate()
    given(await alice.send_candidate(room, line))
    expect(await stranger.get_candidates(room)).refused()
    expect(await stranger.send_candidate(room, relay_candidate(2))).refused()
    seen = lines(given(await bob.get_candidates(room)))
    expect(seen, "the candidates that bob sees").equals([line])


@check("MBOX-13")
@each(boxes)
async def mail_without_a_sender_is_the_posters(alice: User, bob: User, room: str, case: Box) -> None:
    given(await alice.send(case.posting(alice, room, sdp()).without_field("fromUserId")))
    expect(await case.read(bob, room)).accepted().has("fromUserId", alice.id)


@check("MBOX-13")
@each(boxes)
async def mail_in_anothers_name_is_refused_or_overridden(
    alice: User, bob: User, carol: User, room: str, case: Box
) -> None:
    posted = await alice.send(case.posting(alice, room, sdp()).with_fields(fromUserId=carol.id))
    expect(posted).refused()
    if posted.status == 200:
        expect(await case.read(bob, room)).accepted().has("fromUserId", alice.id)
    else:
        twin(await case.post(alice, room, sdp()))


@check("MBOX-14")
async def reading_ones_own_offer_does_not_consume_it(alice: User, bob: User, room: str, offer: str) -> None:
    given(await alice.send_offer(room, offer))
    await alice.get_offer(room)
    expect(await bob.get_offer(room)).accepted().offer_is(offer)


@check("MBOX-15")
async def a_newer_answer_replaces_an_unread_one(alice: User, bob: User, room: str) -> None:
    older, newer = sdp(), sdp()
    given(await bob.send_answer(room, older))
    given(await bob.send_answer(room, newer))
    expect(await alice.get_answer(room)).accepted().answer_is(newer)
    left = words((await alice.get_answer(room)).at("answer"))
    expect(left, "the answer of the next read").differs(words(older))
