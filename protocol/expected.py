"""What a requirement expects, as a closed sum type: accept, refuse, unchanged, change, hold, either, measure.

It is a mandatory field of every entry of requirements.yaml: a missing one would assert the inverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class ExpectedError(ValueError):
    """An `expected:` that is none of the known forms; the message says which were possible."""


@dataclass(frozen=True, slots=True)
class Accept:
    """The request is answered with one of these statuses and a body valid for its operation."""

    statuses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """The request is answered with one of these statuses and a valid error body."""

    statuses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Afterwards the state is what it was; `statuses` (may be empty) are those of the refusal."""

    statuses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Afterwards `observe` differs as `becomes` says."""

    observe: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A property that every answer in question has."""

    property: str


@dataclass(frozen=True, slots=True)
class Either:
    """Any one of these outcomes will do."""

    options: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured figure stays `below` a bound named in policy.yaml (or written `factor x other`)."""

    metric: str
    below: str


Expected = Accept | Refuse | Unchanged | Change | Hold | Either | Measure

FORMS = "accept, refuse, unchanged, change, hold, either or measure"


def parse(value: object) -> Expected:
    """Reads one `expected:` mapping, e.g. `{refuse: [404]}`. Raises ExpectedError."""
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ExpectedError(f"expected a mapping with exactly one of {FORMS}, got {value!r}")
    ((kind, body),) = value.items()
    if kind in ("accept", "refuse", "unchanged"):
        found = _statuses(kind, body)
        return Accept(found) if kind == "accept" else Refuse(found) if kind == "refuse" else Unchanged(found)
    if kind == "change":
        return Change(**_strings(kind, body, "observe", "becomes"))
    if kind == "measure":
        return Measure(**_strings(kind, body, "metric", "below"))
    if kind == "hold":
        if not isinstance(body, str) or not body:
            raise ExpectedError(f"hold: expected the property as a sentence, got {body!r}")
        return Hold(body)
    if kind == "either":
        if not isinstance(body, list) or len(body) < 2:
            raise ExpectedError(f"either: expected a list of two or more outcomes, got {body!r}")
        return Either(tuple(parse(option) for option in body))
    raise ExpectedError(f"unknown outcome {kind!r}; expected {FORMS}")


def statuses(expected: Expected) -> tuple[int, ...]:
    """Every status that the outcome allows, in the order written; empty where it names none."""
    if isinstance(expected, Accept | Refuse | Unchanged):
        return expected.statuses
    if isinstance(expected, Either):
        return tuple(dict.fromkeys(s for option in expected.options for s in statuses(option)))
    return ()


def _statuses(kind: str, body: object) -> tuple[int, ...]:
    if not isinstance(body, list) or (not body and kind != "unchanged"):
        raise ExpectedError(f"{kind}: expected a list of statuses, got {body!r}")
    found: list[int] = []
    for item in body:
        if isinstance(item, int) and 100 <= item <= 599:
            found.append(item)
        elif item == "4xx":
            found.extend(range(400, 500))
        elif item == "2xx":
            found.extend(range(200, 300))
        else:
            raise ExpectedError(f"{kind}: {item!r} is no status; expected 100 to 599, 2xx or 4xx")
    return tuple(found)


def _strings(kind: str, body: object, *keys: str) -> dict[str, str]:
    if not isinstance(body, Mapping) or set(body) != set(keys):
        raise ExpectedError(f"{kind}: expected exactly the keys {', '.join(keys)}, got {body!r}")
    return {key: str(body[key]) for key in keys}
