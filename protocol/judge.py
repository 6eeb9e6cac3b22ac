"""The predicates that expectations name: pure functions of what was observed and what was asked.

Both are plain JSON, so a run log can be judged again without a network and without check code.
A predicate returns its complaint in words, or None when it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from protocol import histories

Arguments = Mapping[str, Any]
Predicate = Callable[[Any, Arguments], str | None]
PREDICATES: dict[str, Predicate] = {}


class UnknownPredicate(LookupError):
    """The run log names a predicate that this version does not know."""


def judge(predicate: str, observed: Any, arguments: Arguments) -> str | None:
    """None when the predicate holds, else what was wanted, in words. Raises UnknownPredicate."""
    if predicate not in PREDICATES:
        raise UnknownPredicate(predicate)
    return PREDICATES[predicate](observed, arguments)


def show(value: Any, limit: int = 160) -> str:
    """A value in one line that stays short: strings by repr, long ones cut in the middle."""
    text = repr(value)
    if len(text) > limit:
        text = f"{text[: limit - 40]}…{text[-30:]} ({len(text)} characters)"
    return text


def status_words(statuses: Any) -> str:
    """`401`, `404 or 405`, `200 or 400 to 499`: runs of more than four are drawn together."""
    words: list[str] = []
    run: list[int] = []
    for status in [*sorted(set(statuses)), None]:
        if run and status == run[-1] + 1:
            run.append(run[-1] + 1)
            continue
        words += [f"{run[0]} to {run[-1]}"] if len(run) > 4 else [str(one) for one in run]
        run = [] if status is None else [status]
    return " or ".join(words)


def predicate(function: Predicate) -> Predicate:
    PREDICATES[function.__name__] = function
    return function


@predicate
def accepted(observed: Any, arguments: Arguments) -> str | None:
    """observed: {status, object, error}; holds for 200 with a JSON object."""
    if observed.get("status") == 200 and observed.get("object"):
        return None
    return "200 with a JSON object"


@predicate
def status_in(observed: Any, arguments: Arguments) -> str | None:
    statuses = arguments["statuses"]
    return None if observed.get("status") in statuses else status_words(statuses)


@predicate
def status_below(observed: Any, arguments: Arguments) -> str | None:
    """Some HTTP answer came, and its status is below `limit`."""
    status = observed.get("status")
    return (
        None if status is not None and status < arguments["limit"] else f"a status below {arguments['limit']}"
    )


@predicate
def without_problems(observed: Any, arguments: Arguments) -> str | None:
    """observed: {problems: [...]} as a validator lists them."""
    return None if not observed["problems"] else f"a body valid for {arguments['schema']}"


@predicate
def equals(observed: Any, arguments: Arguments) -> str | None:
    return None if _same(observed, arguments["value"]) else show(arguments["value"])


@predicate
def differs(observed: Any, arguments: Arguments) -> str | None:
    return f"anything but {show(arguments['value'])}" if _same(observed, arguments["value"]) else None


@predicate
def is_one_of(observed: Any, arguments: Arguments) -> str | None:
    if any(_same(observed, value) for value in arguments["values"]):
        return None
    return "one of " + ", ".join(show(value) for value in arguments["values"])


@predicate
def is_none_of(observed: Any, arguments: Arguments) -> str | None:
    if any(_same(observed, value) for value in arguments["values"]):
        return "none of " + ", ".join(show(value) for value in arguments["values"])
    return None


@predicate
def contains(observed: Any, arguments: Arguments) -> str | None:
    return None if _holds(observed, arguments["item"]) else f"something with {show(arguments['item'])} in it"


@predicate
def lacks(observed: Any, arguments: Arguments) -> str | None:
    return f"nothing with {show(arguments['item'])} in it" if _holds(observed, arguments["item"]) else None


@predicate
def matches(observed: Any, arguments: Arguments) -> str | None:
    if isinstance(observed, str) and re.search(arguments["pattern"], observed, re.IGNORECASE):
        return None
    return f"text that matches {arguments['pattern']!r}"


@predicate
def between(observed: Any, arguments: Arguments) -> str | None:
    """A number from `low` to `high`, both included; either may be null for no bound."""
    low, high = arguments.get("low"), arguments.get("high")
    words = f"at least {low}" if high is None else f"at most {high}" if low is None else f"{low} to {high}"
    if isinstance(observed, bool) or not isinstance(observed, int | float):
        return f"a number, {words}"
    if (low is not None and observed < low) or (high is not None and observed > high):
        return words
    return None


@predicate
def is_empty(observed: Any, arguments: Arguments) -> str | None:
    """Nothing was found: an empty list or text, or null."""
    return None if not observed else arguments.get("wanted", "nothing")


@predicate
def all_different(observed: Any, arguments: Arguments) -> str | None:
    seen = [repr(item) for item in observed]
    return None if len(set(seen)) == len(seen) else f"{len(seen)} different values"


@predicate
def linearizable(observed: Any, arguments: Arguments) -> str | None:
    """observed: a history (protocol/histories.py) that some order of its operations explains by the model
    that the arguments name, from its `initial` state. The complaint shows the shortest part that none does.
    """
    return histories.look(observed, arguments).wanted or None


@predicate
def decided(observed: Any, arguments: Arguments) -> str | None:
    """Whether that history is linearizable can be found out within bounds."""
    undecided = histories.look(observed, arguments).answer == "undecided"
    return "a history that is small enough to be decided" if undecided else None


def _same(one: Any, other: Any) -> bool:
    """JSON equality: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


def _holds(container: Any, item: Any) -> bool:
    if isinstance(container, str):
        return str(item) in container
    if isinstance(container, Mapping):
        return item in container
    return isinstance(container, list) and any(_same(found, item) for found in container)
