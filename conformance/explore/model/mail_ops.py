"""What posting and reading of offers, answers and candidates may bring, by the state of the model."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.explore.findings import SENT_BACK_CHARS
from conformance.explore.model.actions import POSTS, READS
from conformance.explore.model.expecting import Expected, Fault, Verdict, at_place, fault, in_words
from conformance.explore.model.mail import Box, Mail, page_of
from conformance.explore.model.moments import Grace, Span
from conformance.explore.model.ops import OTHERWISE
from conformance.explore.model.rooms import Room
from conformance.explore.model.state import Sent, State
from protocol.judge import show
from protocol.operations import Answer
from protocol.whose import LIFETIME, NEWEST, ONCE

STRANGER = "MBOX-12"


def _outside(state: State, room: Room | None, sent: Sent) -> list[Fault]:
    """Why it is refused, where who asks is not in the room."""
    if room is None or sent.action.who in room.people:
        return []
    return [fault(STRANGER, [403, 404], "who asks is not in the room")]


def post(state: State, sent: Sent, at: Span) -> Expected:
    action, kind = sent.action, POSTS[sent.action.do]
    room = state.room(action.room)
    what = f"posting an {kind}"
    faults = [*state.gone(room, at, "MBOX-11"), *_outside(state, room, sent)]
    named = action.named not in (None, action.who)
    expected = Expected(what, "MBOX-1" if kind == "offer" else None, faults)
    expected.also = OTHERWISE if named else frozenset()
    if room is None:
        return expected

    def granted(answer: Answer) -> Iterable[Verdict]:
        room.boxes[kind].put(str(sent.body.get(kind)), action.who, at, named)
        for other, box in room.boxes.items():
            if other != kind:
                box.touched.append("MBOX-9")
        room.activity.maybe(at)
        return ()

    expected.granted = granted
    return expected


def read(state: State, sent: Sent, at: Span) -> Expected:
    action, kind = sent.action, READS[sent.action.do]
    room = state.room(action.room)
    what = f"reading an {kind}"
    faults = [*_outside(state, room, sent), *state.gone(room, at, "MBOX-10")]
    expected = Expected(what, ONCE[kind], faults)
    if room is None:
        return expected
    box = room.boxes[kind]
    lifetime = state.spec.timings[f"{kind}_lifetime"]
    mail = box.mail
    over = mail is not None and Grace.of(state.spec).over(mail.at, at, lifetime)
    if not expected.sure:
        if mail is None or over:
            expected.faults.append(_empty(box, kind, expired=mail is not None))
            expected.instead = lambda answer: _whose(state, room, box, answer.at(kind))[0]
        else:
            own = mail.sender == action.who
            if own or over is None or not box.sure:
                expected.also = frozenset({404})
            expected.grant = _lost(state, box, mail, at)

    def granted(answer: Answer) -> Iterable[Verdict]:
        yield from _text(state, room, box, mail, answer, what)
        for other in room.boxes.values():
            if other is not box:
                other.touched.append("MBOX-9")
        if mail is not None and mail.sender == action.who:
            box.sure = False  # whether it is used up by that is open
        else:
            box.empty("read")

    def refused(status: int) -> None:
        if status == 404 and mail is not None and mail.sender != action.who and action.who in room.people:
            box.empty("expired" if over is not False else "read")

    expected.granted, expected.refused = granted, refused
    return expected


def _empty(box: Box, kind: str, *, expired: bool) -> Fault:
    if expired or box.emptied == "expired":
        return fault(LIFETIME[kind], [404], f"the {kind}'s lifetime is over")
    if box.emptied == "read":
        return fault(ONCE[kind], [404], f"the {kind} has been read")
    return fault("MBOX-10", [404], f"no {kind} was posted")


def _lost(state: State, box: Box, mail: Mail, at: Span) -> str | None:
    """The requirement that is offended where unread mail is not there."""
    if box.touched:
        return box.touched[-1]
    if at.lo - mail.at.hi > state.spec.timings["grace_after"]:
        return "MBOX-6" if box.kind == "offer" else None
    if mail.replaced:
        return NEWEST[box.kind]
    return "MBOX-1" if box.kind == "offer" else "MBOX-3"


def _text(
    state: State, room: Room, box: Box, mail: Mail | None, answer: Answer, what: str
) -> Iterable[Verdict]:
    """What is wrong with the mail that was read."""
    kind, found = box.kind, answer.at(box.kind)
    where = f"body.{kind}"
    if mail is None or found != mail.text:
        requirement, whose = _whose(state, room, box, found)
        wanted = f"the newest {kind} posted to the room" if mail else f"no {kind}"
        yield in_words(requirement, what, where, wanted, f"{whose}{show(found, 80)}")
        return
    if not room.anonymous:
        requirement = "MBOX-1" if kind == "offer" and not mail.named else "MBOX-13"
        sender = state.people[mail.sender]
        why = f"{sender.actor} posted it"
        yield from at_place(requirement, what, answer, "fromUserId", "equals", {"value": sender.id}, why)


def _whose(state: State, room: Room, box: Box, found: object) -> tuple[str | None, str]:
    """Where a text comes from that should not have been read here: the requirement against it, and words."""
    if box.mail is not None and found == box.mail.text:
        return LIFETIME[box.kind], "one that is over: "
    if not isinstance(found, str):
        return ("MBOX-1" if box.kind == "offer" and box.mail is not None else None), ""
    if found in box.older:
        how = box.older[found]
        words = {"replaced": "an older one: ", "expired": "one that is over: "}
        requirements = {"replaced": NEWEST, "expired": LIFETIME}
        return requirements.get(how, ONCE)[box.kind], words.get(how, "one that was read before: ")
    if found in box.forbidden:
        return box.forbidden[found], "what was refused: "
    for other in state.rooms.values():
        for box_there in other.boxes.values():
            here = [box_there.mail.text] if box_there.mail else []
            if found in (*box_there.older, *here):
                return (
                    ("MBOX-9", "what lay in the other box: ")
                    if other is room
                    else ("MBOX-8", "what was posted to another room: ")
                )
    return ("MBOX-1" if box.kind == "offer" and box.mail is not None else None), ""


def post_candidate(state: State, sent: Sent, at: Span) -> Expected:
    room = state.room(sent.action.room)
    faults = [*state.gone(room, at, "MBOX-11"), *_outside(state, room, sent)]
    expected = Expected("posting a candidate", "ICE-5", faults)
    if room is None:
        return expected

    def granted(answer: Answer) -> Iterable[Verdict]:
        room.candidates.add(sent.action.who, sent.body.get("candidate", {}))
        room.activity.maybe(at)
        return ()

    expected.granted = granted
    return expected


def read_candidates(state: State, sent: Sent, at: Span) -> Expected:
    action = sent.action
    room = state.room(action.room)
    what = "reading candidates"
    gone = [fault(STRANGER, [403, 404], one.why, sure=one.sure) for one in state.gone(room, at, STRANGER)]
    expected = Expected(what, "ICE-5", [*gone, *_outside(state, room, sent)])
    if action.since == "bad":
        expected.faults.append(fault("ICE-5", [400], "the cursor is none of this room"))
        return expected
    if room is None:
        return expected

    def granted(answer: Answer) -> Iterable[Verdict]:
        log = room.candidates
        sent_cursor, place = log.cursor(action.who, action.since)
        pending = log.after(place, action.who)
        items = answer.at("candidates")
        items = items if isinstance(items, list) else []
        kept = state.spec.limits["candidates_kept"]
        old = sum(1 for number, _ in pending if number <= len(log.items) - kept)
        count = page_of(items, [item for _, item in pending], old)
        if count is None:
            lines = [item.get("candidate") for _, item in pending]
            since = "from the start" if sent_cursor is None else "since that cursor"
            wanted = f"what the others posted {since}, in order and each once: {show(lines)}"
            got = show([item.get("candidate") if isinstance(item, dict) else item for item in items])
            yield in_words("ICE-5", what, "body.candidates", wanted, got)
            return
        if not room.anonymous:
            yield from _senders(state, room, place, action.who, items, what)
        after = answer.at("next")
        if sent_cursor is not None and not items and after != sent_cursor:
            wanted = f"the cursor {show(sent_cursor)} unchanged (nothing is new)"
            yield in_words("ICE-5", what, "body.next", wanted, show(after), fatal=False)
        if isinstance(after, str) and len(after) <= SENT_BACK_CHARS:
            log.gave(action.who, after, pending[count - 1][0] if count else place)

    expected.granted = granted
    return expected


def _senders(
    state: State, room: Room, place: int, reader: int, items: list[object], what: str
) -> Iterable[Verdict]:
    senders = [
        (item["candidate"], state.people[sender])
        for number, (sender, item) in enumerate(room.candidates.items)
        if number >= place and sender != reader
    ]
    by_line = {line: sender for line, sender in senders if line}
    for number, item in enumerate(items):
        sender = by_line.get(item.get("candidate")) if isinstance(item, dict) else None
        if sender is not None and isinstance(item, dict) and item.get("fromUserId") != sender.id:
            where = f"body.candidates.{number}.fromUserId"
            yield in_words("ICE-5", what, where, sender.id, show(item.get("fromUserId")), fatal=False)
            return
