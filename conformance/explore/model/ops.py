"""What each operation on rooms may answer, by the state of the model: making, joining, leaving, listing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from typing import Any

from conformance.explore.model.expecting import Expected, Verdict, at_place, fault, in_words
from conformance.explore.model.moments import MOMENT_S, Activity, Grace, Span
from conformance.explore.model.rooms import LISTING, Room, Suspect
from conformance.explore.model.state import REFUSALS, Sent, State, told_id
from protocol.operations import Answer
from reports.reproduction.fault import Complaint

Operation = Callable[[State, Sent, Span], Expected]
OTHERWISE = frozenset({403})  # acting under another's id is refused, or overridden
ELSEWHERE = frozenset({*range(200, 300), 404})  # ROOM-15


def create(state: State, sent: Sent, at: Span) -> Expected:
    what = "making a room"
    expected = Expected(what, "ROOM-1", also=_named(sent))
    expected.granted = lambda answer: _made(state, sent, at, answer, what, "ROOM-1")
    return expected


def create_party(state: State, sent: Sent, at: Span) -> Expected:
    action = sent.action
    what = "making a party room"
    expected = Expected(what, "PARTY-1", also=_named(sent))
    parent = state.room(action.parent)
    if action.parent and (parent is None or parent.there(at, state.spec) is not True):
        expected.faults.append(fault("PARTY-10", REFUSALS, "its parent may not be there", sure=False))
    elif parent is not None and (action.who not in parent.people or parent.party):
        # Whether a stranger to the parent may make one, and one below a party, the protocol does not say.
        expected.faults.append(fault(None, REFUSALS, "its maker is not in the parent room", sure=False))
    expected.granted = lambda answer: _made(state, sent, at, answer, what, "PARTY-1")
    return expected


def _named(sent: Sent) -> frozenset[int]:
    return OTHERWISE if sent.action.named not in (None, sent.action.who) else frozenset()


def _made(
    state: State, sent: Sent, at: Span, answer: Answer, what: str, requirement: str
) -> Iterable[Verdict]:
    action, shown, by = sent.action, answer.room, state.by(sent.action)
    room_id = told_id(answer)
    if not room_id:
        return  # the oracle has said so
    if state.called(room_id) is not None:
        yield in_words("ROOM-2", what, "body.room.roomId", "an id that no other room has", room_id)
        return
    party = action.do == "createPartyRoom"
    room = Room(action.makes, room_id, by, sent.body, Activity.began(at), at, party)
    room.count_by = requirement
    room.people[by.number] = None
    room.public = not party and sent.body.get("isPublic") is not False
    parent = state.room(action.parent)
    # A party below an anonymous room may be anonymous too.
    inherits = parent is not None and parent.anonymous and shown.get("anonymous") is True
    room.anonymous = sent.body.get("anonymous") is True or inherits
    if party:
        room.parent = parent
        room.invited = list(dict.fromkeys(sent.body.get("invitedUsers", ())))
    state.rooms[action.makes] = room
    yield from at_place(requirement, what, answer, "room.participantCount", "equals", {"value": 1})
    yield from room.seen(shown, "body.room", by, what, at)


def join(state: State, sent: Sent, at: Span) -> Expected:
    action = sent.action
    room = state.room(action.room)
    what = "joining a room"
    expected = Expected(what, "ROOM-5", state.gone(room, at, "ROOM-4", as_it_ended=True), _named(sent))
    if room is None or room.ended:
        return expected
    by, again = state.by(action), action.who in room.people
    what = expected.what = "joining a room again" if again else what
    if room.party and by != room.creator and by.id not in room.invited and not again:
        why = "who asks was not invited"
        expected.faults.append(fault("PARTY-7", [403, 404], why))
    if Grace.of(state.spec).over(room.made, at, state.spec.timings["room_lifetime"]):
        expected.grant = "ROOM-13"  # its life began anew with each activity
    elif room.listed(at, state.spec) is False:
        expected.grant = "ROOM-12"
    elif again:
        expected.grant = "ROOM-6"

    def granted(answer: Answer) -> Iterable[Verdict]:
        if again:
            room.suspects.append(Suspect("ROOM-6", 1))
        else:
            room.people[by.number] = None
            room.count_by = "ROOM-5"
        room.active(at, state.spec)
        yield from at_place("ROOM-5", what, answer, "room.roomId", "equals", {"value": room.id})
        yield from room.seen(answer.room, "body.room", by, what, at)

    def refused(status: int) -> None:
        if status == 404:
            room.ended = room.ended or "ROOM-13"

    expected.granted = granted
    if not expected.sure and expected.faults:
        expected.refused = refused
    return expected


def leave(state: State, sent: Sent, at: Span) -> Expected:
    action = sent.action
    room = state.room(action.room)
    if room is None or room.there(at, state.spec) is False:
        return Expected("leaving a room that is not there", "ROOM-15", also=ELSEWHERE)
    if action.who not in room.people:
        room.suspects += [Suspect("ROOM-9", -1), Suspect("ROOM-9")]
        return Expected("leaving a room that one never joined", "ROOM-9", also=REFUSALS)
    expected = Expected("leaving a room", "ROOM-7", state.gone(room, at, "ROOM-15"), _named(sent))

    def granted(answer: Answer) -> Iterable[Verdict]:
        room.leave(action.who)
        if action.named not in (None, action.who):  # that one has not left
            room.suspects.append(Suspect("AUTH-14", -1, action.named or 0, lasting=True))
        room.activity.maybe(at)
        return ()

    expected.granted = granted
    return expected


def heartbeat(state: State, sent: Sent, at: Span) -> Expected:
    action = sent.action
    room = state.room(action.room)
    what = "a heartbeat"
    expected = Expected(what, "ROOM-11", state.gone(room, at, "ROOM-14"))
    if room is None:
        return expected
    inside = action.who in room.people
    if not inside:  # it is no activity; how it is answered is open
        expected.also = frozenset({403, 404})
    if room.ended:
        return expected
    if room.listed(at, state.spec) is False:
        expected.grant = "ROOM-16"

    def granted(answer: Answer) -> Iterable[Verdict]:
        if not inside:
            room.activity.maybe(at)
            return
        room.active(at, state.spec)
        if answer.room:
            yield from room.seen(answer.room, "body.room", state.by(action), what, at, whole=False)

    expected.granted = granted
    return expected


def list_rooms(state: State, sent: Sent, at: Span) -> Expected:
    what = "listing rooms"

    def granted(answer: Answer) -> Iterable[Verdict]:
        found = {str(shown.get("roomId")): shown for shown in answer.rooms}
        for room in state.rooms.values():
            yield from _presence(state, room, at, room.id in found)
        order = []
        for room_id, shown in found.items():
            room_shown = state.called(room_id)
            if room_shown is not None and not room_shown.ended:
                order.append(room_shown)
                yield from room_shown.seen(shown, LISTING, state.by(sent.action), what, at, whole=False)
        yield from _order(answer, order)

    return Expected(what, "ROOM-10", granted=granted)


def _presence(state: State, room: Room, at: Span, shown: bool) -> Iterable[Verdict]:
    """Whether a room is listed as it has to be."""
    if room.party:
        requirement, reason = "PARTY-8", "it is a party room"
    elif not room.public:
        requirement, reason = "PRIV-1", "it is unlisted"
    else:
        yield from _in_window(state, room, at, shown, "the listing", "ROOM-10")
        return
    if shown:
        what = "listing a room that is never listed"
        yield _unlisted(requirement, what, room, f"no {room.id} ({reason})", fatal=False)


def _in_window(
    state: State, room: Room, at: Span, shown: bool, listing: str, default: str
) -> Iterable[Verdict]:
    there, listed = room.there(at, state.spec), room.listed(at, state.spec)
    words = f"{room.id}, made by {room.creator.actor},"
    if shown and there is False:
        why = {"ROOM-13": "it has been idle for longer than its lifetime"}.get(room.ended, "all have left it")
        why = "a page of a foreign origin asked for it" if room.ended == "CORS-8" else why
        what = "listing a room that is gone"
        yield _unlisted(room.ended, what, room, f"no {words} in {listing} ({why})")
    elif shown and listed is False:
        wanted = f"no {words} in {listing} (it has been idle for longer than the listing window)"
        yield _unlisted("ROOM-12", "listing an idle room", room, wanted)
    elif not shown and there and listed:
        requirement = room.blame("ROOM-16" if room.was_idle and default == "ROOM-10" else default, -1)
        wanted = f"{words} in {listing} (it is active and {len(room.people)} are in it)"
        arguments = {"pattern": re.escape(room.id)}
        complaint = Complaint(requirement, LISTING, wanted, "it is not listed", "matches", arguments)
        yield Verdict(complaint, "listing an active room")


def _unlisted(requirement: str, what: str, room: Room, wanted: str, *, fatal: bool = True) -> Verdict:
    """The room is listed, and must not be."""
    arguments = {"pattern": f"^(?!.*{re.escape(room.id)})"}
    return Verdict(Complaint(requirement, LISTING, wanted, "it is listed", "matches", arguments), what, fatal)


def _order(answer: Answer, rooms: list[Room]) -> Iterable[Verdict]:
    times = [shown.get("lastActivity") for shown in answer.rooms]
    numbers: list[Any] = [t for t in times if isinstance(t, int | float) and not isinstance(t, bool)]
    what = "the order of the listing"
    if numbers != sorted(numbers, reverse=True):
        yield in_words("ROOM-10", what, LISTING, "newest lastActivity first", f"{numbers[:6]}", fatal=False)
        return
    for earlier, later in itertools.pairwise(rooms):
        if later.activity.sure.lo - earlier.activity.perhaps.hi > MOMENT_S:
            wanted = f"{later.id} before {earlier.id} (its activity is newer)"
            yield in_words("ROOM-10", what, LISTING, wanted, "the other way round", fatal=False)
            return


def list_parties(state: State, sent: Sent, at: Span) -> Expected:
    what = "listing party rooms"
    parent = state.room(sent.action.room)
    here = parent is not None and parent.there(at, state.spec) is True
    expected = Expected(what, "PARTY-2" if here else "PARTY-10", also=frozenset() if here else REFUSALS)

    def granted(answer: Answer) -> Iterable[Verdict]:
        found = {str(shown.get("roomId")): shown for shown in answer.rooms}
        for room in state.rooms.values():
            shown = room.id in found
            if shown and (not room.party or room.parent is not parent or parent is None):
                wanted = f"no {room.id} (it is not a party room of this parent)"
                yield _unlisted("PARTY-3", what, room, wanted, fatal=False)
            elif room.party and room.parent is parent and here:
                yield from _in_window(state, room, at, shown, "the list of its parent", "PARTY-2")
            if shown and room.party and not room.ended:
                fields = found[room.id]
                yield from room.seen(fields, LISTING, state.by(sent.action), what, at, whole=False)

    expected.granted = granted
    return expected


def invite(state: State, sent: Sent, at: Span) -> Expected:
    action = sent.action
    room = state.room(action.room)
    what = "inviting to a party room"
    expected = Expected(what, "PARTY-5", state.gone(room, at, "PARTY-6"))
    invited = sent.body.get("userIds", ())
    if not invited:
        expected.faults.append(fault("VAL-3", [400], "nobody is named"))
    if room is None or room.ended:
        return expected
    by = state.by(action)
    if not room.party:
        expected.faults.append(fault("PARTY-12", [400, 403, 404], "it is no party room"))
        return expected
    if by != room.creator:
        expected.faults.append(fault("PARTY-4", [403], "who asks did not make it"))
    elif action.who not in room.people:
        expected.also = frozenset({403, 404})  # its creator, who has left it
    merged = list(dict.fromkeys([*room.invited, *invited]))
    schema = state.spec.operation(action.do).request_schema or {}
    most = schema["properties"]["userIds"]["maxItems"]
    if len(merged) > most:
        expected.faults.append(fault("PARTY-5", [400], f"more than {most} would be invited"))

    def granted(answer: Answer) -> Iterable[Verdict]:
        room.invited = merged
        room.activity.maybe(at)
        yield from at_place("PARTY-5", what, answer, "invitedUsers", "equals", {"value": merged})

    expected.granted = granted
    return expected


def simple(requirement: str, what: str) -> Operation:
    """An operation that has nothing to do with the state."""
    return lambda state, sent, at: Expected(what, requirement)
