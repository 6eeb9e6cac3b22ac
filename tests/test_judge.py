"""The predicates: each holds for what it says, complains of anything else, and says what was wanted."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.judge import PREDICATES, UnknownPredicate, judge, show, status_words

HOLDS: list[tuple[str, Any, dict[str, Any]]] = [
    ("accepted", {"status": 200, "object": True, "error": None}, {}),
    ("status_in", {"status": 404}, {"statuses": [403, 404]}),
    ("status_below", {"status": 499}, {"limit": 500}),
    ("without_problems", {"problems": []}, {"schema": "the answer"}),
    ("equals", {"a": [1, None, True]}, {"value": {"a": [1, None, True]}}),
    ("equals", 1, {"value": 1.0}),
    ("equals", None, {"value": None}),
    ("differs", True, {"value": 1}),
    ("differs", [1], {"value": [1, 2]}),
    ("differs", {"a": 1}, {"value": {"b": 1}}),
    ("differs", {"a": 1}, {"value": {"a": 1, "b": 2}}),
    ("differs", [True], {"value": [1]}),
    ("differs", {"a": False}, {"value": {"a": 0}}),
    ("is_one_of", 2, {"values": [1, 2]}),
    ("is_none_of", True, {"values": [0, 1, None]}),
    ("contains", "a mark here", {"item": "mark"}),
    ("contains", ["a", "b"], {"item": "b"}),
    ("contains", {"offer": 1}, {"item": "offer"}),
    ("lacks", "nothing", {"item": "mark"}),
    ("lacks", [1], {"item": True}),
    ("lacks", {"offer": 1}, {"item": "answer"}),
    ("lacks", None, {"item": "answer"}),
    ("matches", "12", {"pattern": "^[1-9][0-9]*$"}),
    ("matches", "GET, POST", {"pattern": "post"}),
    ("between", 3, {"low": 3, "high": 5}),
    ("between", 5, {"low": 3, "high": 5}),
    ("between", 0.5, {"low": None, "high": 0.5}),
    ("between", 9, {"low": 9, "high": None}),
    ("is_empty", [], {"wanted": "nothing"}),
    ("is_empty", None, {}),
    ("is_empty", "", {}),
    ("all_different", ["a", "b", 1, True], {}),
    ("all_different", [], {}),
]

FAILS: list[tuple[str, Any, dict[str, Any], str]] = [
    ("accepted", {"status": 201, "object": True}, {}, "200 with a JSON object"),
    ("accepted", {"status": 200, "object": False}, {}, "200 with a JSON object"),
    ("accepted", {"status": None, "object": False, "error": "no answer"}, {}, "200 with a JSON object"),
    ("status_in", {"status": 200}, {"statuses": [403, 404]}, "403 or 404"),
    ("status_in", {"status": None}, {"statuses": [401]}, "401"),
    ("status_below", {"status": 500}, {"limit": 500}, "a status below 500"),
    ("status_below", {"status": None}, {"limit": 500}, "a status below 500"),
    ("without_problems", {"problems": ["room: x"]}, {"schema": "a room"}, "a body valid for a room"),
    ("equals", True, {"value": 1}, "1"),
    ("equals", 1, {"value": True}, "True"),
    ("equals", [1, 2], {"value": [2, 1]}, "[2, 1]"),
    ("equals", None, {"value": 0}, "0"),
    ("equals", "a", {"value": "b"}, "'b'"),
    ("equals", ["a"], {"value": "a"}, "'a'"),
    ("equals", "a", {"value": ["a"]}, "['a']"),
    ("equals", {"a": 1}, {"value": ["a"]}, "['a']"),
    ("equals", None, {"value": {"a": 1}}, "{'a': 1}"),
    ("differs", [{"a": 1}], {"value": [{"a": 1}]}, "anything but [{'a': 1}]"),
    ("is_one_of", True, {"values": [1, "x"]}, "one of 1, 'x'"),
    ("is_none_of", 1, {"values": [1, "x"]}, "none of 1, 'x'"),
    ("contains", ["mark"], {"item": "mar"}, "something with 'mar' in it"),
    ("contains", None, {"item": "x"}, "something with 'x' in it"),
    ("contains", 12, {"item": 1}, "something with 1 in it"),
    ("lacks", "a mark", {"item": "mark"}, "nothing with 'mark' in it"),
    ("lacks", [[1]], {"item": [1]}, "nothing with [1] in it"),
    ("lacks", "room 12", {"item": 12}, "nothing with 12 in it"),
    ("matches", "0", {"pattern": "^[1-9]$"}, "text that matches '^[1-9]$'"),
    ("matches", 1, {"pattern": "1"}, "text that matches '1'"),
    ("matches", None, {"pattern": ".*"}, "text that matches '.*'"),
    ("between", 2, {"low": 3, "high": 5}, "3 to 5"),
    ("between", 6, {"low": 3, "high": 5}, "3 to 5"),
    ("between", 2, {"low": 3, "high": None}, "at least 3"),
    ("between", 6, {"low": None, "high": 5}, "at most 5"),
    ("between", True, {"low": 0, "high": 5}, "a number, 0 to 5"),
    ("between", "4", {"low": 0, "high": None}, "a number, at least 0"),
    ("between", None, {"low": None, "high": 5}, "a number, at most 5"),
    ("is_empty", ["x"], {"wanted": "no room"}, "no room"),
    ("is_empty", {"x": 1}, {}, "nothing"),
    ("all_different", ["a", "b", "a"], {}, "3 different values"),
    ("all_different", [{"a": 1}, {"a": 1}], {}, "2 different values"),
]


def named(case: tuple[Any, ...]) -> str:
    return f"{case[0]} {case[1]!r:.30}"


@pytest.mark.parametrize("case", HOLDS, ids=named)
def test_it_holds(case: tuple[str, Any, dict[str, Any]]) -> None:
    predicate, observed, arguments = case
    assert judge(predicate, observed, arguments) is None


@pytest.mark.parametrize("case", FAILS, ids=named)
def test_it_complains_and_says_what_was_wanted(case: tuple[str, Any, dict[str, Any], str]) -> None:
    predicate, observed, arguments, wanted = case
    assert judge(predicate, observed, arguments) == wanted


def test_every_predicate_is_tried_both_ways() -> None:
    general = PREDICATES.keys() - {"linearizable", "decided"}  # tests/test_histories.py
    assert {case[0] for case in HOLDS} == general
    assert {case[0] for case in FAILS} == general


def test_an_unknown_predicate_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownPredicate, match="no_such_thing"):
        judge("no_such_thing", 1, {})


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ([401], "401"),
        ([404, 403], "403 or 404"),
        ([400, 401, 402, 403], "400 or 401 or 402 or 403"),
        (range(400, 405), "400 to 404"),
        ([200, *range(400, 500)], "200 or 400 to 499"),
        ([*range(200, 205), 404, 404], "200 to 204 or 404"),
        ([], ""),
    ],
)
def test_statuses_in_words(statuses: Any, words: str) -> None:
    assert status_words(statuses) == words


def test_a_long_value_is_cut_in_the_middle_and_says_how_long_it_was() -> None:
    assert show("a" * 10) == "'aaaaaaaaaa'"
    exactly = "a" * 158  # and two quotes
    assert show(exactly) == repr(exactly)
    long = show("a" * 100 + "b" * 200)
    assert long == "'" + "a" * 100 + "b" * 19 + "…" + "b" * 29 + "' (302 characters)"
    assert len(show("x" * 100_000)) < 190
