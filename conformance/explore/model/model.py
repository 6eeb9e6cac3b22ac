"""The model: what a target may answer, step by step, by the spec alone. No I/O, and nothing of a server's.

`expects` says it beforehand, `step` compares and takes in what happened. What the protocol leaves open is a
set of statuses, an interval or a perhaps, and is learnt from the answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.explore.model import mail_ops as mail
from conformance.explore.model import ops
from conformance.explore.model.actions import BAD_CSRF, BAD_SIGNS, FOREIGN, POSTS, READS
from conformance.explore.model.expecting import OK, Expected, Fault, Verdict, fault
from conformance.explore.model.moments import Activity, Span
from conformance.explore.model.rooms import Room, Suspect
from conformance.explore.model.state import Sent, State, told_id
from protocol.operations import Answer
from protocol.whose import BUDGETS

OPERATIONS: dict[str, ops.Operation] = {
    "createRoom": ops.create,
    "createPartyRoom": ops.create_party,
    "joinRoom": ops.join,
    "leaveRoom": ops.leave,
    "heartbeat": ops.heartbeat,
    "listRooms": ops.list_rooms,
    "listPartyRooms": ops.list_parties,
    "inviteToPartyRoom": ops.invite,
    "sendOffer": mail.post,
    "sendAnswer": mail.post,
    "getOffer": mail.read,
    "getAnswer": mail.read,
    "sendCandidate": mail.post_candidate,
    "getCandidates": mail.read_candidates,
    "getIceServers": ops.simple("ICE-1", "asking for ICE servers"),
    "health": ops.simple("HEALTH-1", "asking for the health"),
}


@dataclass
class Outcome:
    """What is wrong with an answer. `lost`: the model no longer knows the target's state."""

    verdicts: list[Verdict] = field(default_factory=list)
    lost: bool = False


class Model(State):
    """Follows one play."""

    def expects(self, sent: Sent, at: Span) -> Expected:
        """What may come back to this request at that time."""
        action = sent.action
        expected = OPERATIONS[action.do](self, sent, at)
        writes = self.spec.operation(action.do).writes
        bad = self._credentials(sent, writes)
        expected.faults[:0] = bad
        self._outside(expected, sent)
        if action.sign not in BAD_SIGNS:
            if action.broken:
                expected.faults.insert(0, fault("VAL-1", [400], "a required field is missing"))
            self._budget(expected, sent, at)
            delivery = self.rules.delivery(action)
            expected.refusals[401] = "AUTH-10" if delivery == "cookie" else "AUTH-9"
            if writes and delivery == "bearer" and not self.bearer_wrote:
                expected.refusals[403] = "CSRF-4"
        if bad:
            expected.idle = "AUTH-12" if action.sign in BAD_SIGNS else "CSRF-5"
        elif writes and action.origin in FOREIGN and self.rules.delivery(action) == "cookie":
            expected.idle, expected.free = "CORS-8", True  # it has no effect, whatever is answered
        elif any(one.statuses == {429} for one in expected.sure):
            expected.idle = BUDGETS[action.do]
        return expected

    def step(self, sent: Sent, answer: Answer, at: Span) -> Outcome:
        """Compares, and takes in what happened."""
        expected = self.expects(sent, at)
        outcome = Outcome()
        if answer.status is None or answer.status >= 500:
            outcome.lost = True  # what it did meanwhile nobody knows; the oracle has judged it
            return outcome
        wrong = expected.judge_status(answer)
        if wrong is not None and self.rules.asks(wrong.complaint.requirement):
            return Outcome([wrong], lost=True)
        self._spend(sent, expected, answer, at)
        writes = self.spec.operation(sent.action.do).writes
        if answer.status == OK and writes and self.rules.delivery(sent.action) == "bearer":
            self.bearer_wrote = True
        if answer.status != OK:
            expected.refused(answer.status)
            if expected.idle is not None:
                self._suspect(sent, expected.idle)
        elif expected.free:
            self._ghost(sent, answer, at)
            self._suspect(sent, expected.idle or "")
        elif answer.ok:
            found = [one for one in expected.granted(answer) if self.rules.asks(one.complaint.requirement)]
            outcome.verdicts += found
            outcome.lost = any(one.fatal for one in found)
            outcome.lost |= action_made_nothing(sent, answer)
        else:
            outcome.lost = True
        return outcome

    # -- who may ask at all

    def _credentials(self, sent: Sent, writes: bool) -> list[Fault]:
        action = sent.action
        if action.sign in BAD_SIGNS:
            return [fault(BAD_SIGNS[action.sign], [401], f"the token is no good: {action.sign}")]
        held = writes and self.rules.csrf and self.rules.delivery(action) == "cookie"
        if action.csrf in BAD_CSRF and held and self.rules.asks(BAD_CSRF[action.csrf]):
            return [fault(BAD_CSRF[action.csrf], [403], f"the CSRF token is {action.csrf}")]
        return []

    def _outside(self, expected: Expected, sent: Sent) -> None:
        """Whoever is in a room and is told otherwise may have been put out by a leave that was refused."""
        room = self.room(sent.action.room)
        for suspect in room.suspects if room is not None else ():
            if suspect.who == sent.action.who:
                expected.blamed = {403: suspect.requirement, 404: suspect.requirement}

    # -- budgets

    def _budget(self, expected: Expected, sent: Sent, at: Span) -> None:
        window = self.window(sent.action)
        requirement = BUDGETS.get(sent.action.do)
        if window is not None and self.rules.returning:
            expected.also |= {429}
            return
        if window is None or requirement is None or not self.rules.asks(requirement):
            return
        grantable, refusable = window.look(at)
        if refusable:
            exact = "RATE-9" if window.old(at) else requirement
            exact = "RATE-10" if sent.action.spoof is not None else exact
            why = f"the budget of {window.budget.limit} is spent"
            expected.faults.append(fault(exact, [429], why, sure=not grantable))
        if not refusable:
            early = requirement
            if window.spared:
                early = window.spared[-1]
            elif window.renewed:
                early = "RATE-9"
            elif window.high == 0 and (sent.action.do, sent.action.who) not in self.spent and self.spent:
                early = "RATE-8"
            expected.refusals[429] = early

    def _spend(self, sent: Sent, expected: Expected, answer: Answer, at: Span) -> None:
        action = sent.action
        window = self.window(action)
        if window is None:
            return
        if action.sign in BAD_SIGNS:
            window.spared.append("RATE-11")
        elif answer.status == OK and not expected.free:
            window.counted(at)
        elif action.broken and answer.status == 400:
            window.spared.append("RATE-14")
        else:
            window.perhaps(at)
            if answer.status == 429:
                self.spent.add((action.do, action.who))

    # -- what was refused and may show all the same

    def _suspect(self, sent: Sent, requirement: str) -> None:
        action = sent.action
        room = self.room(action.room)
        if room is None:
            return
        inside = action.who in room.people
        if action.do == "joinRoom":
            room.suspects += [Suspect(requirement, 1)] if not inside else []
        elif action.do == "leaveRoom" and inside:
            room.suspects.append(Suspect(requirement, -1, action.who))
        if action.do in ("joinRoom", "heartbeat", "leaveRoom"):
            room.suspects.append(Suspect(requirement))
        kind = {**READS, **POSTS}.get(action.do)
        if kind is not None:
            box = room.boxes[kind]
            box.touched.append(requirement)
            if action.do in POSTS:
                box.forbidden[str(sent.body.get(kind))] = requirement

    def _ghost(self, sent: Sent, answer: Answer, at: Span) -> None:
        """A room that a foreign page was told it had made: it must never be seen."""
        room_id = told_id(answer)
        if room_id and self.called(room_id) is None and sent.action.do == "createRoom":
            label = sent.action.makes
            ghost = Room(label, room_id, self.by(sent.action), sent.body, Activity.began(at), at)
            ghost.ended = "CORS-8"
            ghost.public = sent.body.get("isPublic") is not False
            self.rooms[label] = ghost


def action_made_nothing(sent: Sent, answer: Answer) -> bool:
    """A room was granted and not told, or not so that it can be asked for: nobody can say what it is."""
    return sent.action.do in ("createRoom", "createPartyRoom") and not told_id(answer)
