"""A requirement's expected outcome: read strictly, for a wrong reading asserts the inverse."""

from __future__ import annotations

from typing import Any

import pytest

from protocol import expected
from protocol.expected import Accept, Change, Either, ExpectedError, Hold, Measure, Refuse, Unchanged


@pytest.mark.parametrize(
    ("value", "found", "statuses"),
    [
        ({"accept": [200]}, Accept((200,)), (200,)),
        ({"refuse": [403, 404]}, Refuse((403, 404)), (403, 404)),
        ({"refuse": ["4xx"]}, Refuse(tuple(range(400, 500))), tuple(range(400, 500))),
        ({"accept": ["2xx", 404]}, Accept((*range(200, 300), 404)), (*range(200, 300), 404)),
        ({"refuse": [100, 599]}, Refuse((100, 599)), (100, 599)),
        ({"unchanged": []}, Unchanged(()), ()),
        ({"unchanged": [401]}, Unchanged((401,)), (401,)),
        ({"change": {"observe": "a", "becomes": "b"}}, Change("a", "b"), ()),
        ({"hold": "a property"}, Hold("a property"), ()),
        ({"measure": {"metric": "p95", "below": "100"}}, Measure("p95", "100"), ()),
        (
            {"either": [{"refuse": [403]}, {"accept": [200, 403]}]},
            Either((Refuse((403,)), Accept((200, 403)))),
            (403, 200),
        ),
        ({"either": [{"hold": "x"}, {"unchanged": [404]}]}, Either((Hold("x"), Unchanged((404,)))), (404,)),
    ],
)
def test_what_is_said_is_what_is_read(value: Any, found: Any, statuses: tuple[int, ...]) -> None:
    assert expected.parse(value) == found
    assert expected.statuses(found) == statuses


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "exactly one of accept, refuse, unchanged"),
        ({}, "exactly one of"),
        ([{"accept": [200]}], "exactly one of"),
        ({"accept": [200], "refuse": [404]}, "exactly one of"),
        ({"allow": [200]}, "unknown outcome 'allow'; expected accept, refuse"),
        ({"accept": []}, "accept: expected a list of statuses, got []"),
        ({"refuse": []}, "refuse: expected a list of statuses"),
        ({"refuse": 404}, "refuse: expected a list of statuses, got 404"),
        ({"unchanged": None}, "unchanged: expected a list of statuses"),
        ({"refuse": [99]}, "refuse: 99 is no status; expected 100 to 599, 2xx or 4xx"),
        ({"refuse": [600]}, "refuse: 600 is no status"),
        ({"refuse": ["404"]}, "refuse: '404' is no status"),
        ({"accept": ["3xx"]}, "accept: '3xx' is no status"),
        ({"change": {"observe": "a"}}, "change: expected exactly the keys observe, becomes"),
        ({"change": "a"}, "change: expected exactly the keys"),
        ({"measure": {"metric": "a", "below": "b", "above": "c"}}, "measure: expected exactly the keys"),
        ({"hold": ""}, "hold: expected the property as a sentence"),
        ({"hold": ["a"]}, "hold: expected the property"),
        ({"either": [{"hold": "x"}]}, "either: expected a list of two or more outcomes"),
        ({"either": {"hold": "x"}}, "either: expected a list"),
        ({"either": [{"hold": "x"}, {"allow": []}]}, "unknown outcome 'allow'"),
    ],
)
def test_what_is_ill_said_is_an_error_that_says_how(value: Any, words: str) -> None:
    with pytest.raises(ExpectedError) as error:
        expected.parse(value)
    assert words in str(error.value)
