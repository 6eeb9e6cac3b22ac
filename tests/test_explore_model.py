"""The model of the protocol by itself: what it holds against an answer, and what it leaves open."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from model_kit import ALICE, BOB, CAROL, PEOPLE, ROOM, SPEC, Talk

from conformance.explore.model.actions import NOWHERE, Action, from_json
from conformance.explore.model.budgets import Window
from conformance.explore.model.moments import Activity, Grace, Span

TIMINGS = SPEC.timings
BEFORE, AFTER = TIMINGS["grace_before"], TIMINGS["grace_after"]


def test_it_names_requirements_that_there_are() -> None:
    named = set()
    for file in (Path(__file__).parents[1] / "conformance" / "explore").rglob("*.py"):
        named |= set(re.findall(r'"([A-Z]+-[0-9]+)"', file.read_text(encoding="utf-8")))
    assert len(named) > 40
    assert named <= SPEC.requirements.keys()


def test_an_action_is_written_down_and_read_again() -> None:
    action = Action("createPartyRoom", BOB, makes=ROOM, users=(1, 2), details=("named",), broken=True)
    assert action.as_json()["users"] == [1, 2] and "sign" not in action.as_json()
    assert from_json(json.loads(json.dumps(action.as_json()))) == action


# -- rooms


def test_a_join_raises_the_count() -> None:
    talk = Talk()
    talk.make()
    assert talk.joins(BOB, 2) == []
    assert talk.joins(CAROL, 2) == ["ROOM-5"]
    assert talk.outcome.lost, "what state such a target is in nobody knows"


def test_a_second_join_counts_once() -> None:
    assert Talk().together().joins(BOB, 3) == ["ROOM-6"]


def test_a_leave_lowers_the_count() -> None:
    talk = Talk().together()
    assert talk.says(Action("leaveRoom", BOB, ROOM)) == []
    assert talk.lists(talk.room(2)) == ["ROOM-7"]


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_strangers_leave_may_be_answered_anyhow_and_changes_nothing(status: int) -> None:
    talk = Talk().together()
    assert talk.says(Action("leaveRoom", CAROL, ROOM), status) == []
    assert talk.lists(talk.room(1)) == ["ROOM-9"]


def test_a_room_that_all_have_left_is_gone() -> None:
    talk = Talk()
    talk.make()
    assert talk.says(Action("leaveRoom", ALICE, ROOM)) == []
    assert talk.lists() == []
    assert talk.says(Action("joinRoom", BOB, ROOM), 404) == []
    assert talk.lists(talk.room(1)) == ["ROOM-8"]
    assert talk.joins(BOB, 1) == ["ROOM-8"]


@pytest.mark.parametrize(
    ("do", "requirement"),
    [
        ("joinRoom", "ROOM-4"),
        ("heartbeat", "ROOM-14"),
        ("sendOffer", "MBOX-11"),
        ("inviteToPartyRoom", "PARTY-6"),
    ],
)
def test_what_is_asked_of_no_room_is_refused(do: str, requirement: str) -> None:
    assert Talk().says(Action(do, BOB, NOWHERE), 404) == []
    assert Talk().says(Action(do, BOB, NOWHERE)) == [requirement]


def test_leaving_no_room_may_be_accepted_or_404() -> None:
    assert Talk().says(Action("leaveRoom", BOB, NOWHERE), 200) == []
    assert Talk().says(Action("leaveRoom", BOB, NOWHERE), 404) == []
    assert Talk().says(Action("leaveRoom", BOB, NOWHERE), 400) == ["ROOM-15"]


def test_what_was_sent_comes_back() -> None:
    talk = Talk()
    action = Action("createRoom", ALICE, makes=ROOM)
    assert talk.says(action, sent={"customName": "Tea"}, room=talk.room(customName="tea")) == ["ROOM-3"]
    assert not talk.outcome.lost


def test_another_users_id_is_refused_or_overridden() -> None:
    action = Action("createRoom", ALICE, makes=ROOM, named=BOB)
    sent = {"broadcasterId": PEOPLE[BOB].id}
    assert Talk().says(action, 403, sent) == []
    assert Talk().says(action, sent=sent, room=Talk().room()) == []
    assert Talk().says(action, sent=sent, room=Talk().room(by=BOB)) == ["AUTH-14"]


# -- the listing and time


def test_a_room_is_listed_until_it_is_idle() -> None:
    talk = Talk()
    talk.make()
    room = talk.room()
    assert talk.later(TIMINGS["listing_window"] - BEFORE - 1).lists() == ["ROOM-10"]
    talk = Talk()
    talk.make()
    assert talk.later(TIMINGS["listing_window"]).lists() == [], "too close to its end to tell"
    assert talk.lists(room) == []
    assert talk.later(AFTER + 1).lists(room) == ["ROOM-12"]


def test_mail_may_be_activity() -> None:
    talk = Talk().together()
    talk.later(TIMINGS["listing_window"] - BEFORE - 1).posts("v=0")
    assert talk.later(BEFORE + AFTER + 2).lists() == []
    assert talk.lists(talk.room(2)) == []


def test_an_idle_room_that_shows_life_is_listed_again() -> None:
    talk = Talk()
    talk.make()
    assert talk.later(TIMINGS["listing_window"] + AFTER + 1).lists() == []
    assert talk.says(Action("heartbeat", ALICE, ROOM)) == []
    assert talk.lists() == ["ROOM-16"]


def test_a_room_ends_with_its_lifetime() -> None:
    talk = Talk()
    talk.make()
    talk.later(TIMINGS["room_lifetime"])
    assert talk.says(Action("heartbeat", ALICE, ROOM)) == [], "it may be there or not; now it is"
    assert talk.later(TIMINGS["room_lifetime"] + AFTER + 1).joins(BOB, 2) == ["ROOM-13"]


def test_the_listing_is_in_the_order_of_activity() -> None:
    talk = Talk()
    talk.make()
    older = talk.room()
    talk.later(10).make("another")
    newer = talk.room(label="another")
    assert talk.lists(newer, older) == []
    assert talk.lists(older, newer) == ["ROOM-10"]


def test_only_a_join_and_a_heartbeat_move_the_activity() -> None:
    talk = Talk().together()
    before = talk.room(2)
    assert talk.lists(before) == []
    talk.later(10).reads(None)
    assert talk.lists(before) == []
    assert talk.lists(talk.room(2)) == ["ROOM-11"]
    assert talk.says(Action("heartbeat", BOB, ROOM)) == []
    talk.lists(talk.room(2))
    talk.later(10).says(Action("heartbeat", BOB, ROOM))
    assert talk.lists({**talk.room(2), "lastActivity": before["lastActivity"]}) == ["ROOM-11"]


def test_unlisted_rooms_and_parties_are_not_listed() -> None:
    talk = Talk()
    talk.make(sent={"isPublic": False})
    assert talk.lists(talk.room(isPublic=False)) == ["PRIV-1"]
    talk.party()
    assert talk.lists(talk.room(label="a party")) == ["PARTY-8"]


def test_an_anonymous_room_shows_its_maker_to_nobody_else() -> None:
    talk = Talk()
    talk.make(sent={"anonymous": True}, anonymous=True)
    assert talk.joins(BOB, 2) == ["PRIV-2", "PRIV-2"]


# -- mail


def test_mail_is_read_once_and_byte_for_byte() -> None:
    talk = Talk().together()
    assert talk.posts("v=0\r\n") == []
    assert talk.reads("v=0\n") == ["MBOX-1"]
    talk = Talk().together()
    talk.posts("v=0\r\n")
    assert talk.reads("v=0\r\n") == []
    assert talk.reads(None) == []
    assert talk.reads("v=0\r\n") == ["MBOX-2"]


def test_ones_own_mail_may_be_read_or_not_and_used_up_by_that_or_not() -> None:
    for own in ("v=0", None):
        for then in ("v=0", None):
            talk = Talk().together()
            talk.posts("v=0")
            assert talk.reads(own, who=ALICE) == []
            expected = ["MBOX-1"] if own is None and then is None else []
            assert talk.reads(then) == expected


def test_the_newest_mail_is_read() -> None:
    talk = Talk().together()
    talk.posts("v=0 one")
    talk.posts("v=0 two")
    assert talk.reads("v=0 one") == ["MBOX-7"]


def test_mail_lives_for_its_lifetime() -> None:
    talk = Talk().together()
    talk.posts("v=0")
    assert talk.later(TIMINGS["offer_lifetime"] - BEFORE - 1).reads(None) == ["MBOX-6"]
    talk = Talk().together()
    talk.posts("v=0")
    assert talk.later(TIMINGS["offer_lifetime"] + AFTER + 1).reads("v=0") == ["MBOX-4"]
    for found in ("v=0", None):
        talk = Talk().together()
        talk.posts("v=0")
        assert talk.later(TIMINGS["offer_lifetime"]).reads(found) == [], "too close to tell"


def test_boxes_and_rooms_are_apart() -> None:
    talk = Talk().together()
    talk.posts("v=0 offer")
    assert talk.reads("v=0 offer", "getAnswer") == ["MBOX-9"]
    assert Talk().together().reads("v=0 unknown", "getAnswer") == ["MBOX-10"]
    talk = Talk().together()
    talk.posts("v=0 offer")
    talk.posts("v=0 answer", "sendAnswer", BOB)
    assert talk.reads(None) == ["MBOX-9"]
    talk = Talk().together()
    talk.posts("v=0 offer")
    talk.make("another", BOB)
    talk.says(Action("joinRoom", ALICE, "another"), room=talk.room(2, "another", BOB))
    talk.posts("v=0 other", label="another")
    assert talk.reads("v=0 offer", label="another") == ["MBOX-8"]


@pytest.mark.parametrize(
    "do", ["sendOffer", "getOffer", "sendAnswer", "getAnswer", "sendCandidate", "getCandidates"]
)
def test_strangers_neither_post_nor_read(do: str) -> None:
    for status, held in ((403, []), (404, []), (200, ["MBOX-12"])):
        assert Talk().together().says(Action(do, CAROL, ROOM), status, candidates=[], next="0") == held


def test_candidates_come_in_order_once_a_cursor() -> None:
    items = [{"candidate": f"candidate:{n}", "fromUserId": PEOPLE[ALICE].id} for n in range(3)]

    def sent(count: int) -> Talk:
        talk = Talk().together()
        for item in items[:count]:
            assert talk.says(Action("sendCandidate", ALICE, ROOM), sent={"candidate": item}) == []
        return talk

    read = Action("getCandidates", BOB, ROOM, since="last")
    talk = sent(3)
    assert talk.says(read, candidates=items[:2], next="b") == [], "it may come in parts"
    assert talk.says(read, candidates=items[2:], next="c") == []
    assert talk.says(read, candidates=[], next="c") == []
    assert talk.says(read, candidates=[], next="d") == ["ICE-5"]
    assert sent(2).says(read, candidates=items[1::-1], next="b") == ["ICE-5"]
    assert sent(2).says(read, candidates=[], next="b") == ["ICE-5"]
    talk = sent(2)
    talk.says(read, candidates=items[:2], next="b")
    assert talk.says(read, candidates=items[1:2], next="b") == ["ICE-5"]
    own = Action("getCandidates", ALICE, ROOM)
    assert sent(1).says(own, candidates=[], next="a") == []
    assert sent(1).says(own, candidates=items[:1], next="a") == ["ICE-5"]


# -- parties


def test_only_the_invited_join_a_party() -> None:
    talk = Talk()
    talk.make()
    talk.party(BOB)
    assert talk.says(Action("joinRoom", CAROL, "a party"), 403) == []
    assert talk.says(Action("joinRoom", CAROL, "a party"), 404) == []
    assert talk.joins(CAROL, 2, "a party") == ["PARTY-7"]


def test_invitations_merge_and_only_the_maker_makes_them() -> None:
    talk = Talk()
    talk.make()
    talk.party(BOB)
    invites = Action("inviteToPartyRoom", ALICE, "a party")
    merged = [PEOPLE[BOB].id, PEOPLE[CAROL].id]
    assert talk.says(invites, sent={"userIds": merged[::-1]}, invitedUsers=merged[::-1]) == ["PARTY-5"]
    other = Action("inviteToPartyRoom", BOB, "a party")
    assert talk.says(other, 403, {"userIds": merged}) == []
    assert talk.says(other, 200, {"userIds": merged}, invitedUsers=merged) == ["PARTY-4"]


def test_a_party_is_listed_below_its_parent_only() -> None:
    talk = Talk()
    talk.make()
    talk.make("another")
    talk.party(BOB)
    party = talk.room(label="a party", createdBy=PEOPLE[ALICE].id)
    assert talk.says(Action("listPartyRooms", CAROL, ROOM), rooms=[party]) == []
    assert talk.says(Action("listPartyRooms", CAROL, ROOM), rooms=[{**party, "invitedUsers": ["x"]}]) == [
        "PARTY-9"
    ]
    assert talk.says(Action("listPartyRooms", CAROL, "another"), rooms=[party]) == ["PARTY-3"]
    assert talk.says(Action("listPartyRooms", CAROL, ROOM), rooms=[]) == ["PARTY-2"]


# -- who may ask, and what a refusal must not do


@pytest.mark.parametrize(
    ("how", "status", "requirement"),
    [
        ({"sign": "none"}, 401, "AUTH-1"),
        ({"sign": "expired"}, 401, "AUTH-2"),
        ({"csrf": "absent"}, 403, "CSRF-1"),
        ({"csrf": "wrong"}, 403, "CSRF-2"),
    ],
)
def test_a_bad_request_is_refused(how: dict[str, str], status: int, requirement: str) -> None:
    assert Talk().together().posts("v=0", **how) == [requirement]
    talk = Talk().together()
    assert talk.says(Action("sendOffer", ALICE, ROOM, **how), status, {"offer": "v=0"}) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "status", "requirement"),
    [
        ({"sign": "none"}, 401, "AUTH-12"),
        ({"csrf": "absent"}, 403, "CSRF-5"),
        ({"origin": "foreign"}, 200, "CORS-8"),
    ],
)
def test_what_is_refused_has_no_effect(how: dict[str, str], status: int, requirement: str) -> None:
    talk = Talk().together()
    assert talk.says(Action("joinRoom", CAROL, ROOM, **how), status, room=talk.room(2)) == []  # type: ignore[arg-type]
    assert talk.lists(talk.room(3)) == [requirement]


def test_a_read_without_a_token_takes_nothing() -> None:
    talk = Talk().together()
    talk.posts("v=0")
    assert talk.says(Action("getOffer", BOB, ROOM, sign="none"), 401) == []
    assert talk.reads(None) == ["AUTH-12"]


def test_what_is_not_claimed_is_not_asked() -> None:
    talk = Talk(without=frozenset({"csrf"})).together()
    assert talk.posts("v=0", csrf="absent") == []
    assert talk.reads("v=0") == [], "and what was accepted has happened"


def test_a_server_error_is_somebody_elses_matter() -> None:
    talk = Talk()
    assert talk.says(Action("listRooms"), 500) == []
    assert talk.outcome.lost


# -- budgets


def spend(talk: Talk, count: int) -> list[str]:
    held: list[str] = []
    for number in range(count):
        label = f"room {number} of {talk.now}"
        held += talk.says(Action("createRoom", ALICE, makes=label), room=talk.room(1, label))
    return held


def test_a_budget_holds_exactly_and_returns() -> None:
    budget = SPEC.operation("createRoom").budget
    assert budget is not None
    talk = Talk()
    assert talk.says(Action("createRoom"), 429) == ["RATE-1"]
    talk = Talk()
    assert spend(talk, budget.limit) == []
    assert talk.says(Action("createRoom"), 429) == []
    assert talk.later(budget.window).says(Action("createRoom"), 429) == [], "too close to the window's end"
    assert spend(talk, 1) == []
    talk = Talk()
    assert spend(talk, budget.limit + 1) == ["RATE-1"]
    talk = Talk()
    spend(talk, budget.limit)
    assert spend(talk.later(budget.window - BEFORE - 1), 1) == ["RATE-9"]
    talk = Talk()
    spend(talk, budget.limit)
    assert talk.later(budget.window + AFTER + 1).says(Action("createRoom"), 429) == ["RATE-9"]


def test_a_refusal_may_have_counted_or_not() -> None:
    budget = SPEC.operation("joinRoom").budget
    assert budget is not None
    for status in (200, 429):
        talk = Talk().together()
        for _ in range(budget.limit - 1):
            talk.joins(BOB, 2)
        assert talk.says(Action("joinRoom", CAROL, NOWHERE), 404) == []
        for _ in range(budget.limit - 1):
            assert talk.joins(CAROL, 3) == []
        assert talk.says(Action("joinRoom", CAROL, ROOM), status, room=talk.room(3)) == []


@pytest.mark.parametrize(
    ("how", "status", "requirement"), [({"broken": True}, 400, "RATE-14"), ({"sign": "none"}, 401, "RATE-11")]
)
def test_what_is_invalid_or_nobodys_costs_nothing(
    how: dict[str, object], status: int, requirement: str
) -> None:
    talk = Talk()
    assert talk.says(Action("createRoom", **how), status) == []  # type: ignore[arg-type]
    assert talk.says(Action("createRoom"), 429) == [requirement]


def test_a_window_may_have_been_opened_by_a_refusal() -> None:
    budget = SPEC.operation("createRoom").budget
    assert budget is not None
    window = Window(budget, Grace(BEFORE, AFTER))
    window.perhaps(Span(0, 0))
    window.counted(Span(100, 100))
    assert window.look(Span(200, 200)) == (True, False)
    for _ in range(budget.limit):
        window.counted(Span(200, 200))
    assert window.look(Span(300, 300)) == (False, True)
    assert window.look(Span(budget.window + 50, budget.window + 50)) == (True, True)


def test_nothing_is_judged_near_an_end() -> None:
    grace = Grace(5, 5)
    since = Span(0, 1)
    assert [grace.over(since, Span(now, now), 30) for now in (24, 25, 26, 35, 36)] == [
        False,
        False,
        None,
        None,
        True,
    ]
    activity = Activity(Span(0, 0), Span(20, 20))
    assert [activity.idle(Span(now, now), 30, grace) for now in (25, 30, 54, 55)] == [False, None, None, True]


def test_who_was_put_out_by_a_leave_that_was_refused_knows_why() -> None:
    talk = Talk().together()
    assert talk.says(Action("leaveRoom", BOB, ROOM, csrf="absent"), 403) == []
    assert talk.says(Action("getOffer", BOB, ROOM), 403) == ["CSRF-5"]


def test_mail_that_was_refused_is_known_again() -> None:
    talk = Talk().together()
    assert talk.says(Action("sendOffer", ALICE, ROOM, origin="foreign"), 200, {"offer": "v=0"}) == []
    assert talk.reads("v=0") == ["CORS-8"]


def test_a_leave_in_anothers_name_is_ones_own() -> None:
    talk = Talk().together()
    assert talk.says(Action("leaveRoom", ALICE, ROOM, named=BOB)) == []
    assert talk.lists(talk.room(1)) == []
    assert talk.says(Action("getOffer", BOB, ROOM), 403) == ["AUTH-14"]


def test_of_people_who_come_again_no_budget_is_judged() -> None:
    """Theirs may be spent, and what they do not know of may have been spared."""
    talk = Talk(returning=True).together()
    assert talk.says(Action("createRoom"), 429) == []
    assert talk.posts("v=0") == []
    assert talk.says(Action("sendOffer", ALICE, ROOM), 429) == [], "and what was refused is not there"
    assert talk.reads("v=0") == []
    assert not talk.outcome.lost
    budget = SPEC.operation("joinRoom").budget
    assert budget is not None
    for _ in range(budget.limit + 1):
        assert talk.joins(BOB, 2) == []
    assert talk.says(Action("joinRoom", CAROL, NOWHERE), 429) == []
    assert talk.says(Action("listRooms"), 429) == ["ROOM-10"], "which has no budget"


@pytest.mark.parametrize("odd", [{"v": 0}, ["v=0"], None, 7, True, "\ud800", "v" * 70_000])
def test_odd_answers_are_judged_as_any_other(odd: object) -> None:
    talk = Talk().together()
    assert talk.posts("v=0") == []
    assert talk.says(Action("getOffer", BOB, ROOM), offer=odd, fromUserId=odd) == ["MBOX-1"]
    talk = Talk().together()
    assert talk.says(Action("getOffer", BOB, ROOM), offer=odd, fromUserId=odd) == ["MBOX-10"]
    talk.says(Action("getCandidates", BOB, ROOM), candidates=[odd, {"candidate": odd}], next=odd)
    talk = Talk().together()
    talk.says(Action("getCandidates", BOB, ROOM), candidates=[], next=odd)
    talk.says(Action("listRooms"), rooms=[odd, {"roomId": odd, "participantCount": odd}])
    Talk().says(Action("createRoom", makes=ROOM), room={"roomId": odd, "lastActivity": odd})


def test_an_id_and_a_cursor_that_are_too_long_are_not_sent_back() -> None:
    long = "x" * 70_000
    talk = Talk()
    assert talk.says(Action("createRoom", makes=ROOM), room=talk.room(roomId=long)) == []
    assert talk.outcome.lost and talk.model.room(ROOM) is None
    talk = Talk().together()
    assert talk.says(Action("getCandidates", BOB, ROOM), candidates=[], next=long) == []
    room = talk.model.room(ROOM)
    assert room is not None and room.candidates.cursor(BOB, "last") == (None, 0)


def test_a_403_is_the_want_of_a_csrf_token_only_where_no_write_by_bearer_was_accepted() -> None:
    assert Talk(delivery="bearer").says(Action("createRoom", makes=ROOM), 403) == ["CSRF-4"]
    talk = Talk(delivery="bearer").together()
    assert talk.says(Action("heartbeat", BOB, ROOM), 403) == ["ROOM-11"]
    talk = Talk(delivery="bearer").together()
    assert talk.says(Action("sendAnswer", BOB, ROOM), 403) == ["?"], "which no requirement says"
