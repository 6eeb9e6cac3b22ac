"""Root causes: what is red is drawn together by what decided it, and ordered by what mending it gains."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from report_kit import all_of, card, exchange, report, verdict

from reports import causes
from reports.causes import Cause
from reports.runlog import Record
from reports.verdicts import Verdict

V = Verdict
NUMBERS = iter(range(1, 100_000))
ACCEPTED = ("accepted", {})
COOKIE = [["Cookie", "auth_token=«alice token»"]]
BEARER = [["Authorization", "Bearer «alice token»"]]


def decided(
    requirement: str,
    status: int | None,
    wanted: tuple[str, Record] | None = ACCEPTED,
    *,
    found: Verdict = V.FAIL,
    operation: str = "createRoom",
    signed: Sequence[Sequence[str]] = COOKIE,
    said: Any = None,
    observed: Any = None,
    reason: str = "as it was",
    **more: Any,
) -> list[Record]:
    """The records of a check that one answer decided."""
    number = next(NUMBERS)
    attempt = f"{requirement} {number}"
    answer: Record = {} if said is None else {"body": {"bytes": 1, "json": said}}
    asked = exchange(
        number,
        attempt=attempt,
        operation=operation,
        status=status,
        request={"headers": signed},
        answer=answer,
    )
    records = [asked]
    if wanted is not None:
        predicate, arguments = wanted
        seen = {"status": status, "error": None} if observed is None else observed
        records.append(
            {
                "type": "expectation",
                "attempt": attempt,
                "role": "judge",
                "predicate": predicate,
                "arguments": arguments,
                "observed": seen,
                "exchange": number if observed is None else None,
                "outcome": False,
            }
        )
    case = str(number)
    return [
        *records,
        verdict(requirement, found, attempt=attempt, exchange=number, reason=reason, case=case, **more),
    ]


def refusal(*statuses: int) -> tuple[str, Record]:
    return "status_in", {"statuses": list(statuses)}


def of(folder: Path, *records: Record | list[Record]) -> list[Cause]:
    flat = [one for each in records for one in (each if isinstance(each, list) else [each])]
    return causes.of(report(folder, flat))


def told(found: Cause) -> tuple[list[str], list[str]]:
    return [f.anchor for f in found.fails], [f.anchor for f in found.blocks]


def test_an_operation_that_answers_500_is_one_cause_whatever_was_wanted(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        decided("ROOM-1", 500),
        decided("VAL-1", 500, refusal(400)),
        decided("ERR-3", 500, None),
        decided("MBOX-2", 500, found=V.INCONCLUSIVE),
        decided("MBOX-3", 500, operation="getAnswer"),
        verdict("ROOM-6", V.PASS),
    )
    assert [cause.title for cause in found] == ["createRoom answers 500", "getAnswer answers 500"]
    assert told(found[0]) == (["ROOM-1", "VAL-1", "ERR-3"], ["MBOX-2"])
    assert told(found[1]) == (["MBOX-3"], [])


def test_good_tokens_that_are_refused_are_one_cause_by_the_way_they_come(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        decided("AUTH-9", 401, signed=BEARER),
        decided("ENC-1", 401, signed=BEARER, operation="listRooms", found=V.INCONCLUSIVE),
        decided("AUTH-10", 401),
        decided("AUTH-2", 403, refusal(401), operation="listRooms"),
    )
    assert {cause.title: told(cause) for cause in found} == {
        "Good tokens in the Authorization header are refused with 401": (["AUTH-9"], ["ENC-1"]),
        "Good tokens in the cookie are refused with 401": (["AUTH-10"], []),
        "listRooms refuses with 403 instead of 401": (["AUTH-2"], []),
    }


def test_refusals_in_the_same_words_are_one_cause_and_others_are_not(tmp_path: Path) -> None:
    csrf, rights = {"error": "Forbidden: no CSRF word 17"}, {"error": "you are not in room_1234567"}
    found = of(
        tmp_path,
        decided("CSRF-4", 403, said=csrf),
        decided("CSRF-4", 403, said={"error": "Forbidden: no CSRF word 18"}, operation="joinRoom"),
        decided("ROOM-5", 403, said=rights, operation="joinRoom"),
    )
    assert sorted(cause.title for cause in found) == [
        "Good requests of 2 operations (createRoom, joinRoom) are refused with 403",
        "Good requests of joinRoom are refused with 403",
    ]


def test_what_is_accepted_is_told_by_what_was_wanted(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        decided("VAL-3", 200, refusal(400)),
        decided("VAL-4", 200, refusal(400)),
        decided("VAL-1", 200, refusal(400), operation="joinRoom"),
        decided("AUTH-2", 200, refusal(401)),
        decided("AUTH-12", 200, refusal(401), operation="leaveRoom"),
    )
    assert {cause.title: told(cause)[0] for cause in found} == {
        "What must be refused with 400 is accepted by createRoom": ["VAL-3", "VAL-4"],
        "What must be refused with 400 is accepted by joinRoom": ["VAL-1"],
        "What must be refused with 401 is accepted by 2 operations (createRoom, leaveRoom)": [
            "AUTH-2",
            "AUTH-12",
        ],
    }


@pytest.mark.parametrize(
    ("status", "wanted", "title"),
    [
        (201, ACCEPTED, "createRoom answers 201 instead of 200"),
        (204, refusal(200), "createRoom answers 204 instead of 200"),
        (201, refusal(403, 200), "createRoom answers 201 instead of 200"),
        (302, ACCEPTED, "createRoom answers 302 instead of 200"),
        (302, refusal(401), "createRoom answers 302 instead of 401"),
        (304, refusal(400, 413), "createRoom answers 304 instead of 400 or 413"),
        (201, refusal(401), "What must be refused with 401 is accepted by createRoom"),
        (404, refusal(403), "createRoom refuses with 404 instead of 403"),
        (404, refusal(201, 204), "Good requests of createRoom are refused with 404"),
    ],
)
def test_only_a_success_where_none_was_wanted_is_accepted(
    tmp_path: Path, status: int, wanted: tuple[str, Record], title: str
) -> None:
    assert [cause.title for cause in of(tmp_path, decided("ROOM-1", status, wanted))] == [title]


@pytest.mark.parametrize("words", ["listRooms: wanted 401", "a refused listRooms: wanted one of 401"])
def test_a_redirect_in_place_of_401_is_one_cause_also_where_it_was_looked_back_at(
    tmp_path: Path, words: str
) -> None:
    looked_back = decided(
        "ERR-4",
        404,
        ("equals", {"value": 404}),
        found=V.INCONCLUSIVE,
        observed=302,
        reason=f"a prerequisite failed: the status of {words}, got 302",
    )
    (only,) = of(tmp_path, decided("AUTH-1", 302, refusal(401), operation="getOffer"), looked_back)
    assert only.title == "2 operations (getOffer, listRooms) answer 302 instead of 401"
    assert told(only) == (["AUTH-1"], ["ERR-4"])


def test_a_fault_that_one_requirement_shows_in_many_operations_is_one_cause_with_its_gain(
    tmp_path: Path,
) -> None:
    """CSRF-1 is not kept by three operations, CSRF-5 not by one of them; VAL-1 is another matter."""
    found = of(
        tmp_path,
        decided("CSRF-1", 200, refusal(403), operation="leaveRoom"),
        decided("CSRF-1", 200, refusal(403), operation="sendOffer"),
        decided("CSRF-1", 200, refusal(403), operation="sendAnswer"),
        decided("CSRF-5", 200, refusal(403), operation="sendOffer"),
        decided("CSRF-1", 404, refusal(403), operation="joinRoom"),
        decided("ROOM-5", 200, refusal(403), operation="joinRoom"),
        decided("VAL-1", 200, refusal(400), operation="leaveRoom"),
        verdict("MBOX-2", V.PASS),
    )
    assert [(cause.title, told(cause)[0], cause.gain) for cause in found] == [
        (
            "What must be refused with 403 is accepted by 3 operations (leaveRoom, sendOffer, sendAnswer)",
            ["CSRF-1", "CSRF-5"],
            20.0,
        ),
        ("What must be refused with 403 is accepted by joinRoom", ["ROOM-5"], 20.0),
        ("What must be refused with 400 is accepted by leaveRoom", ["VAL-1"], 20.0),
        ("joinRoom refuses with 404 instead of 403", ["CSRF-1"], 0.0),
    ]


@pytest.mark.parametrize(
    ("wanted", "observed"),
    [(("equals", {"value": 200}), 401), (("is_one_of", {"values": [200, 204]}), 401)],
)
def test_a_status_that_was_compared_as_a_number_is_a_status(
    tmp_path: Path, wanted: tuple[str, Record], observed: int
) -> None:
    found = of(tmp_path, decided("AUTH-9", 401, wanted, observed=observed, signed=BEARER))
    assert found[0].title == "Good tokens in the Authorization header are refused with 401"


def test_answers_that_never_came_are_one_cause_by_why(tmp_path: Path) -> None:
    found = of(
        tmp_path, decided("ROOM-1", None), decided("MBOX-2", None, found=V.INCONCLUSIVE, operation="getOffer")
    )
    assert [(cause.title, *told(cause)) for cause in found] == [
        ("No HTTP answer comes: the connection was closed", ["ROOM-1"], ["MBOX-2"])
    ]


def test_words_are_alike_but_for_ids_and_numbers(tmp_path: Path) -> None:
    def wrong(requirement: str, got: str) -> Record:
        failure = {"about": "participantCount", "wanted": "2", "got": got}
        return verdict(requirement, V.FAIL, failure=failure)

    found = of(
        tmp_path,
        wrong("ROOM-5", "1 in room_abcdef123"),
        wrong("ROOM-6", "3 in room_fedcba321"),
        wrong("ROOM-9", "null"),
    )
    assert sorted(told(cause)[0] for cause in found) == [["ROOM-5", "ROOM-6"], ["ROOM-9"]]


def test_the_gain_is_what_passes_when_nothing_else_is_wrong(tmp_path: Path) -> None:
    """ROOM-1 has another fault too, ROOM-4 (a SHOULD) has only this one, ROOM-5 was not run in part."""
    found = of(
        tmp_path,
        decided("ROOM-1", 500),
        decided("ROOM-1", 200, refusal(400), operation="joinRoom"),
        decided("ROOM-6", 500),
        decided("ROOM-5", 500),
        verdict("ROOM-5", V.NOT_RUN, case="late", cause="time"),
        decided("MBOX-2", 500, found=V.INCONCLUSIVE),
        verdict("MBOX-3", V.PASS),
        verdict("EMO-1", V.NOT_CLAIMED),
    )
    weights = {"ROOM-1": 5, "ROOM-6": 2, "ROOM-5": 5, "MBOX-2": 5, "MBOX-3": 5}
    assert [(cause.title, cause.gain) for cause in found] == [
        ("createRoom answers 500", round(100 * (2 + 5) / sum(weights.values()), 1)),
        ("What must be refused with 400 is accepted by joinRoom", 0.0),
    ]


def test_what_gains_most_comes_first_and_of_equals_what_has_musts(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        decided("ROOM-6", 500, operation="joinRoom"),
        decided("ROOM-1", 500),
        decided("MBOX-2", 500, operation="getOffer"),
        decided("MBOX-3", 500, operation="getOffer"),
        {**decided("PEER-1", None, None)[-1], "as": "fitness", "requirement": "PEER-1"},
    )
    assert [cause.title.split()[0] for cause in found] == ["getOffer", "createRoom", "joinRoom", "as"]
    assert found[-1].gain == 0 and found[-1].fails[0].fitness


def test_what_gains_comes_before_what_touches_more(tmp_path: Path) -> None:
    """Two MUSTs have joinRoom's fault and another each; ROOM-6, a SHOULD, has only one."""
    both = [decided(name, 500, operation=one) for name in ("ROOM-1", "MBOX-2") for one in ("a", "b")]
    found = of(tmp_path, *both, decided("ROOM-6", 500, operation="c"))
    assert [cause.title for cause in found] == ["c answers 500", "a answers 500", "b answers 500"]


def test_of_what_gains_nothing_musts_come_first(tmp_path: Path) -> None:
    shoulds = [decided(name, 500, operation="a") for name in ("ROOM-6", "HDR-5")]
    others = [verdict(name, V.NOT_RUN, cause="time") for name in ("ROOM-6", "HDR-5", "ROOM-1")]
    found = of(tmp_path, *shoulds, *others, decided("ROOM-1", 500, operation="b"))
    assert [(cause.title, cause.gain) for cause in found] == [("b answers 500", 0), ("a answers 500", 0)]


def test_what_our_own_peers_found_gains_nothing(tmp_path: Path) -> None:
    *asked, peer = decided("PEER-1", 500)
    (only,) = of(tmp_path, verdict("PEER-1", V.PASS), *asked, {**peer, "as": "fitness"})
    assert only.gain == 0 and only.fails[0].fitness


def test_levels_that_come_nearer_are_named(tmp_path: Path) -> None:
    whole = list(all_of(["core", "auth", "validation"]).values())
    others = [record for record in whole if record["requirement"] not in ("ROOM-1", "MBOX-2")]
    (only,) = of(tmp_path, *others, decided("ROOM-1", 500), decided("MBOX-2", 500, found=V.INCONCLUSIVE))
    assert only.levels[0] == "Core would be reached"
    assert only.levels[1] == "every MUST that Secure was seen to lack"
    first, second = of(tmp_path, *others, decided("ROOM-1", 500), decided("MBOX-2", 404))
    assert first.levels[0] == second.levels[0] == "1 of the 2 MUSTs that Core lacks"


def test_our_own_errors_and_known_failures_have_no_cause_at_the_target(tmp_path: Path) -> None:
    known = {"expected_failures": [{"id": "ROOM-1", "reason": "known", "issue": None}]}
    records = [*decided("ROOM-1", 500), verdict("ROOM-6", V.HARNESS_ERROR), verdict("MBOX-14", V.FAIL)]
    assert causes.of(report(tmp_path, records, target=known)) == []


def test_a_title_of_the_targets_words_is_short_and_filled_with_nothing(tmp_path: Path) -> None:
    words = "{0} {operation} %s " + "\x1b[31m" + "x" * 500
    (only,) = of(tmp_path, verdict("ROOM-1", V.FAIL, reason=words))
    assert only.title.startswith("{0} {operation} %s \\u001b[31mxxx")
    assert len(only.title) <= causes.TITLE_CHARS + 1


def test_the_score_card_names_what_several_have_in_common(tmp_path: Path) -> None:
    records = [
        *decided("ROOM-1", 500),
        *decided("MBOX-2", 500, found=V.INCONCLUSIVE),
        *decided("VAL-3", 200, refusal(400)),
    ]
    shown = card(report(tmp_path, records), width=110)
    line = next(line for line in shown.splitlines() if line.startswith("cause"))
    assert line.rstrip() == (
        "cause  createRoom answers 500  ROOM-1, MBOX-2: 1 fail, 1 undecided by it, up to +66.7 points"
    )
    assert shown.count("\ncause") == 1
    assert "cause" not in card(report(tmp_path, decided("ROOM-1", 500)))


def test_causes_are_found_by_their_findings(tmp_path: Path) -> None:
    found = of(tmp_path, decided("ROOM-1", 500), decided("ROOM-1", 404, operation="joinRoom"))
    assert {name: len(each) for name, each in causes.by_finding(found).items()} == {"ROOM-1": 2}
    assert json.dumps([cause.title for cause in found])


def test_an_earlier_answer_that_a_prerequisite_looked_back_at_has_the_cause_of_its_kind(
    tmp_path: Path,
) -> None:
    refused = decided("MBOX-2", 200, refusal(404), operation="getOffer")
    looked_back = decided(
        "HDR-4",
        404,
        ("equals", {"value": 404}),
        found=V.INCONCLUSIVE,
        operation="getAnswer",
        observed=200,
        reason="a prerequisite failed: the status of getOffer: wanted 404, got 200",
    )
    (cause,) = of(tmp_path, refused, looked_back)
    assert [f.requirement.id for f in cause.fails] == ["MBOX-2"]
    assert [f.requirement.id for f in cause.blocks] == ["HDR-4"]


def test_a_history_without_an_order_is_named_by_what_was_done(tmp_path: Path) -> None:
    failure = {"about": "6 reads at once", "wanted": "an order of these:\n  alice sends", "got": "none: …"}
    wrong = decided("CONC-1", 200, ("linearizable", {}), observed={"events": []}, failure=failure)
    (cause,) = of(tmp_path, wrong)
    assert cause.title == "6 reads at once: no order of what was done explains every answer"
