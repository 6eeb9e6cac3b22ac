"""What people do, chosen by Hypothesis: a rule-based state machine whose steps are played and compared.

Its rules prefer what is interesting in the state that the model knows: mail that waits, rooms with people,
times shortly before and after their end, budgets nearly spent. What it chose is a list of plain actions; they
are played again and made fewer (minimise.py), so Hypothesis itself only generates.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from conformance.explore.model.actions import ADVANCE, CREATES, NOWHERE, POSTS, READS, Action
from conformance.explore.model.machine_play import LIVELY, POST, READ, Play

NUMBER = st.integers(0, 59)  # picks of a list by its remainder: 60 has many divisors
COIN = st.booleans()
KINDS = st.sampled_from(["offer", "answer"])
DETAILS = st.sampled_from(
    [(), (), ("named",), ("keyed",), ("unlisted",), ("anonymous",), ("named", "keyed"), ("unlisted", "named")]
)
IN_ROOMS = (
    "joinRoom",
    "leaveRoom",
    "heartbeat",
    "sendOffer",
    "getOffer",
    "sendAnswer",
    "getAnswer",
    "sendCandidate",
    "getCandidates",
    "listPartyRooms",
    "inviteToPartyRoom",
)
ANYWHERE = ("createRoom", "listRooms", "createPartyRoom", "getIceServers", "health")
CLAIMING = (*CREATES, "joinRoom", "leaveRoom", *POSTS)  # their bodies may say who does it
ANY = st.sampled_from([*IN_ROOMS, *ANYWHERE])
WRITES = st.sampled_from(
    [name for name in (*IN_ROOMS, *ANYWHERE) if not name.startswith(("get", "list", "health"))]
)


class Machine(Play):
    """The rules."""

    # -- rooms and people

    @initialize(who=NUMBER, details=DETAILS, guest=NUMBER)
    def a_room_with_two(self, who: int, details: tuple[str, ...], guest: int) -> None:
        label = self.label()
        self.does(Action("createRoom", self.see.person(who), makes=label, details=details))
        self.does(self.see.newcomer(guest, guest))

    @rule(who=NUMBER, details=DETAILS)
    def somebody_makes_a_room(self, who: int, details: tuple[str, ...]) -> None:
        self.does(Action("createRoom", self.see.person(who), makes=self.label(), details=details))

    @rule(room=NUMBER, who=NUMBER, see=COIN)
    def a_newcomer_joins(self, room: int, who: int, see: bool) -> None:
        if self.does(self.see.newcomer(room, who)) and see:
            self.does(Action("listRooms", self.see.person(who + 1)))

    @rule(room=NUMBER, who=NUMBER)
    def a_participant_joins_again(self, room: int, who: int) -> None:
        self.does(self.see.inside("joinRoom", room, who))

    @rule(room=NUMBER, who=NUMBER, see=COIN)
    def a_participant_leaves(self, room: int, who: int, see: bool) -> None:
        action = self.member("leaveRoom", self.meets(room, who), who)
        if self.does(action) and see and action is not None:
            self.looks_at(action.room, who)

    @rule(room=NUMBER, who=NUMBER)
    def all_leave(self, room: int, who: int) -> None:
        label = self.see.there(room)
        for number in self.see.people_in(label):
            if not self.does(Action("leaveRoom", number, label)):
                return
        self.looks_at(label, who)
        self.does(Action("joinRoom", self.see.person(who), label))

    @rule(room=NUMBER, who=NUMBER)
    def a_participant_shows_life(self, room: int, who: int) -> None:
        self.does(self.see.inside("heartbeat", room, who))

    @rule(who=NUMBER)
    def somebody_lists_rooms(self, who: int) -> None:
        self.does(Action("listRooms", self.see.person(who)))

    @rule(
        do=st.sampled_from(["leaveRoom", "heartbeat", "leaveRoom", "inviteToPartyRoom"]),
        room=NUMBER,
        who=NUMBER,
    )
    def a_stranger_acts(self, do: str, room: int, who: int) -> None:
        self.strange(do, room, who)

    @rule(do=st.sampled_from([*POSTS, *READS, "sendCandidate", "getCandidates"]), room=NUMBER, who=NUMBER)
    def a_stranger_writes_or_reads(self, do: str, room: int, who: int) -> None:
        self.strange(do, room, who)

    def strange(self, do: str, room: int, who: int) -> None:
        """Somebody who is not in a room does what only its people do."""
        label = self.see.anywhere(room)
        if do in READS:  # so that there is something to be taken
            self.does(self.member(POST[READS[do]], label, who))
        if do in LIVELY and not self.does(Action("listRooms", self.see.person(who))):
            return
        outside = self.see.people_out(label)
        if outside and self.does(Action(do, outside[who % len(outside)], label, users=self.see.some(who, 1))):
            self.looks_at(label, who)

    @rule(do=st.sampled_from(IN_ROOMS), who=NUMBER)
    def somebody_asks_for_a_room_that_is_not_there(self, do: str, who: int) -> None:
        self.does(Action(do, self.see.person(who), NOWHERE, users=self.see.some(who, 1)))

    # -- mail

    @rule(kind=KINDS, room=NUMBER, who=NUMBER)
    def a_participant_posts(self, kind: str, room: int, who: int) -> None:
        self.does(self.see.inside(POST[kind], room, who))

    @rule(kind=KINDS, room=NUMBER, who=NUMBER)
    def a_participant_reads(self, kind: str, room: int, who: int) -> None:
        self.does(self.see.reading(READ[kind], room, who))

    @rule(kind=KINDS, room=NUMBER, who=NUMBER, twice=COIN, other=COIN)
    def mail_is_posted_and_read(self, kind: str, room: int, who: int, twice: bool, other: bool) -> None:
        label = self.meets(room, who)
        action = self.member(POST[kind], label, who)
        if action is None or not self.does(action) or (twice and not self.does(action)):
            return
        if other:  # something happens in the other box meanwhile
            second = "answer" if kind == "offer" else "offer"
            self.does(self.member((POST if twice else READ)[second], label, who + 1))
        reader = self.see.reader(action.room, READ[kind], who)
        if reader is not None and self.does(Action(READ[kind], reader, action.room)):
            self.does(self.see.read(READ[kind], action.room, who + 1))

    @rule(kind=KINDS, room=NUMBER, who=NUMBER)
    def mail_is_looked_for_in_another_room(self, kind: str, room: int, who: int) -> None:
        label = self.meets(room, who)
        action = self.member(POST[kind], label, who)
        if not self.does(action):
            return
        reader = self.see.reader(label, READ[kind], who)
        other = self.see.elsewhere(label, room)
        if reader is not None and other:
            if reader not in self.see.people_in(other) and not self.does(Action("joinRoom", reader, other)):
                return
            self.does(Action(READ[kind], reader, other))
            self.does(Action(READ[kind], reader, label))

    @rule(room=NUMBER, who=NUMBER, times=st.integers(1, 4), empty=COIN)
    def a_participant_sends_candidates(self, room: int, who: int, times: int, empty: bool) -> None:
        self.does(
            self.see.inside("sendCandidate", room, who, times=times, details=("empty",) if empty else ())
        )

    @rule(room=NUMBER, who=NUMBER, since=st.sampled_from(["start", "last", "last", "older", "bad"]))
    def a_participant_reads_candidates(self, room: int, who: int, since: str) -> None:
        self.does(self.see.inside("getCandidates", room, who, since=since))

    @rule(room=NUMBER, who=NUMBER)
    def candidates_are_sent_and_read(self, room: int, who: int) -> None:
        action = self.member("sendCandidate", self.meets(room, who), who, times=2)
        if self.does(action) and action is not None:
            for reader in self.see.people_in(action.room):
                for since in ("last", "last"):
                    if not self.does(Action("getCandidates", reader, action.room, since=since)):
                        return

    # -- parties

    @rule(who=NUMBER, parent=NUMBER, users=NUMBER, count=st.integers(0, 2), guests=st.integers(0, 2))
    def somebody_makes_a_party(self, who: int, parent: int, users: int, count: int, guests: int) -> None:
        label = self.see.parent(parent)
        inside = self.see.people_in(label)
        maker = inside[who % len(inside)] if inside else self.see.person(who)
        invited = self.see.some(users, count)
        action = Action(
            "createPartyRoom", maker, makes=self.label(), parent=label, users=invited, guests=guests
        )
        if self.does(action) and label:
            self.does(Action("listPartyRooms", self.see.person(who + 1), label))

    @rule(who=NUMBER, room=NUMBER, all_of_them=COIN)
    def somebody_lists_parties(self, who: int, room: int, all_of_them: bool) -> None:
        labels = list(self.player.model.rooms) if all_of_them else [self.see.parent(room)]
        for label in labels[:4]:
            if not self.does(Action("listPartyRooms", self.see.person(who), label)):
                return

    @rule(room=NUMBER, who=NUMBER, users=NUMBER, count=st.integers(1, 3), guests=st.integers(0, 2), own=COIN)
    def somebody_invites(self, room: int, who: int, users: int, count: int, guests: int, own: bool) -> None:
        label = self.see.party(room)
        held = self.player.model.room(label)
        if held is None:
            return
        inside = self.see.people_in(label)
        other = inside[who % len(inside)] if who % 2 and inside else self.see.person(who)
        number = held.creator.number if own else other
        invited = self.see.some(users, count)
        if self.does(Action("inviteToPartyRoom", number, label, users=invited, guests=guests)):
            self.does(Action("joinRoom", invited[-1], label))

    @rule(room=NUMBER, who=NUMBER, guests=st.integers(0, 2))
    def a_party_meets(self, room: int, who: int, guests: int) -> None:
        """Its maker invites one, who comes and invites too."""
        maker, guest, other = self.see.person(who), self.see.person(who + 1), self.see.person(who + 2)
        label, parent = self.label(), self.see.parent(room)
        for action in (
            Action("createPartyRoom", maker, makes=label, parent=parent, users=(guest,)),
            Action("joinRoom", guest, label),
            Action("joinRoom", other, label),
            Action("inviteToPartyRoom", guest, label, users=(other,)),
            Action("inviteToPartyRoom", maker, label, users=(other, guest), guests=guests),
            Action("joinRoom", other, label),
            Action("listPartyRooms", other, parent or label),
        ):
            if not self.does(action):
                return

    # -- what is refused

    @rule(do=ANY, room=NUMBER, who=NUMBER, how=NUMBER)
    def a_bad_token_is_sent(self, do: str, room: int, who: int, how: int) -> None:
        self.bad(do, room, who, "sign", how)

    @rule(kind=KINDS, room=NUMBER, who=NUMBER, how=NUMBER)
    def mail_is_read_with_a_bad_token(self, kind: str, room: int, who: int, how: int) -> None:
        self.bad(READ[kind], room, who, "sign", how)

    @rule(do=WRITES, room=NUMBER, who=NUMBER, how=NUMBER)
    def a_bad_csrf_token_is_sent(self, do: str, room: int, who: int, how: int) -> None:
        self.bad(do, room, who, "csrf", how)

    @rule(do=WRITES, room=NUMBER, who=NUMBER, how=NUMBER)
    def a_foreign_page_writes(self, do: str, room: int, who: int, how: int) -> None:
        self.bad(do, room, who, "origin", how)

    @rule(do=WRITES, room=NUMBER, who=NUMBER)
    def an_invalid_request_is_sent(self, do: str, room: int, who: int) -> None:
        self.bad(do, room, who, "broken", 0)

    @rule(
        do=st.sampled_from(["createRoom", "createPartyRoom", "joinRoom"]), room=NUMBER, who=NUMBER, sign=COIN
    )
    def refusals_cost_nothing(self, do: str, room: int, who: int, sign: bool) -> None:
        """As many bad requests as a budget has, and then the budget."""
        label = self.meets(room, who)
        people = self.see.people_in(label)
        number = people[who % len(people)] if people else self.see.person(who)
        good = self.see.again(Action(do, number, label, makes=self.label()))
        if self.does(self.see.spoilt(good, "sign" if sign else "broken", 0)):
            self.does(self.see.made(self.see.burst(do, number, label), self.label()))

    @rule(do=st.sampled_from(CLAIMING), room=NUMBER, who=NUMBER, other=NUMBER)
    def somebody_claims_to_be_another(self, do: str, room: int, who: int, other: int) -> None:
        label = self.meets(room, who)
        people = self.see.people_out(label) if do == "joinRoom" else self.see.people_in(label)
        number = people[who % len(people)] if people and do not in CREATES else self.see.person(who)
        named = self.see.person(other)
        if do == "leaveRoom" and len(people) > 1:
            named = people[(who + 1) % len(people)]
        action = Action(do, number, label, named=named)
        if self.does(self.see.made(action, self.label())):
            self.looks_at(label, who)

    @rule(do=ANY, room=NUMBER, who=NUMBER, how=NUMBER)
    def an_odd_but_good_request(self, do: str, room: int, who: int, how: int) -> None:
        label = self.see.there(room)
        people = self.see.people_out(label) if do == "joinRoom" else self.see.people_in(label)
        number = people[who % len(people)] if people else self.see.person(who)
        odd = self.see.odd(Action(do, number, label, users=self.see.some(who, 1)), how)
        self.does(self.see.made(odd, self.label()))

    # -- budgets

    @rule(do=NUMBER, room=NUMBER, who=NUMBER, spoof=NUMBER)
    def a_budget_is_spent(self, do: int, room: int, who: int, spoof: int) -> None:
        action = self.see.a_burst(do, room, who)
        if action is None or not self.does(self.see.made(action, self.label())):
            return
        if action.do == "sendCandidate":  # and as many more as a room has to keep
            self.does(self.see.the_rest(action.room, action.who))
            for reader in self.see.people_in(action.room):
                self.does(Action("getCandidates", reader, action.room))
        once = Action(action.do, action.who, action.room, makes=self.label())
        other = self.see.elsewhere(action.room, room)
        if action.do == "heartbeat" and other:  # that budget is each room's own
            inside = action.who in self.see.people_in(other)
            if inside or self.does(Action("joinRoom", action.who, other)):
                self.does(Action("heartbeat", action.who, other))
        self.does(self.see.spoofed(once, spoof))
        self.does(Action(once.do, self.see.person(action.who + 1), once.room, makes=self.label()))

    @precondition(lambda self: self.see.clock)
    @rule(do=NUMBER, room=NUMBER, who=NUMBER, early=COIN, half=COIN)
    def a_window_ends(self, do: int, room: int, who: int, early: bool, half: bool) -> None:
        action = self.see.a_burst(do, room, who, small=True)
        if action is None:
            return
        window, before, after = self.see.window(action.do)
        wait: float = window - before - 1 if early else window + after + 1
        if half:  # the first one opens the window, not the newest
            first = Action(action.do, action.who, action.room, makes=self.label())
            if not self.does(first):
                return
            self.does(Action(ADVANCE, seconds=window / 2))
            wait -= window / 2
        rest = self.see.burst(action.do, action.who, action.room)
        if not self.does(self.see.made(rest, self.label())):
            return
        self.does(Action(ADVANCE, seconds=wait))
        self.does(self.see.made(self.see.again(action), self.label()))

    # -- time

    @precondition(lambda self: self.see.clock)
    @rule(which=NUMBER)
    def time_passes(self, which: int) -> None:
        self.does(Action(ADVANCE, seconds=self.see.a_time(which)))

    @precondition(lambda self: self.see.clock)
    @rule(kind=KINDS, room=NUMBER, who=NUMBER, late=COIN, beat=COIN, twice=COIN)
    def mail_waits(self, kind: str, room: int, who: int, late: bool, beat: bool, twice: bool) -> None:
        action = self.member(POST[kind], self.meets(room, who), who)
        if action is None or not self.does(action):
            return
        if twice:  # a newer one's lifetime is its own
            self.does(Action(ADVANCE, seconds=self.see.beyond()))
            self.does(action)
        if beat:
            self.does(Action("heartbeat", action.who, action.room))
        self.does(Action(ADVANCE, seconds=self.see.around(f"{kind}_lifetime", late)))
        reader = self.see.reader(action.room, READ[kind], who)
        if reader is not None:
            self.does(Action(READ[kind], reader, action.room))

    @precondition(lambda self: self.see.clock)
    @rule(room=NUMBER, who=NUMBER, late=COIN, look=COIN, then=st.sampled_from(["joinRoom", "heartbeat", ""]))
    def a_room_idles(self, room: int, who: int, late: bool, look: bool, then: str) -> None:
        label = self.see.there(room)
        if not self.does(self.member("heartbeat", label, who)):
            return
        self.does(Action(ADVANCE, seconds=self.see.around("listing_window", late)))
        if look and not self.does(Action("listRooms", self.see.person(who))):
            return
        self.does(Action("listPartyRooms", self.see.person(who), self.see.parent_of(label)))
        people = self.see.people_out(label) if then == "joinRoom" else self.see.people_in(label)
        if then and people:
            self.does(Action(then, people[who % len(people)], label))
            self.does(Action("listRooms", self.see.person(who)))

    @precondition(lambda self: self.see.clock)
    @rule(room=NUMBER, who=NUMBER, late=COIN, renewed=COIN)
    def a_room_ends(self, room: int, who: int, late: bool, renewed: bool) -> None:
        label = self.see.there(room)
        inside = self.see.people_in(label)
        if not inside:
            return
        if renewed:
            self.does(Action(ADVANCE, seconds=self.see.around("room_lifetime", False)))
            if not self.does(Action("heartbeat", inside[who % len(inside)], label)):
                return
        if not renewed or late:
            self.does(Action(ADVANCE, seconds=self.see.around("room_lifetime", late)))
        else:
            self.does(Action(ADVANCE, seconds=self.see.beyond()))
        for action in (
            Action("listRooms", self.see.person(who)),
            Action("joinRoom", self.see.person(who), label),
        ):
            if not self.does(action):
                return
