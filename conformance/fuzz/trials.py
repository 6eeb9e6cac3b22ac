"""A trial: one request as plain values, with words for what is alive (`${room}`, `${me}`). No I/O."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

ROOM, OTHER_ROOM, PARTY, GONE = "${room}", "${room2}", "${party}", "${gone}"
ME, ANOTHER = "${me}", "${another}"
LIVE = (ROOM, OTHER_ROOM, PARTY)
CREATOR, PARTICIPANT, OUTSIDER = "creator", "participant", "outsider"
ACTORS = (CREATOR, PARTICIPANT, OUTSIDER)


@dataclass(frozen=True)
class Expectation:
    """What a trial must be answered with, where the trial itself knows. `why` ends `wanted 400 (...)`."""

    statuses: tuple[int, ...]
    requirement: str | None
    why: str = ""


@dataclass(frozen=True)
class Trial:
    """One request. Everything is JSON; `raw` is base64 and stands for a body that is none.

    `delivery` is empty for the plain one, "none" for nobody's token; `method` and `path` are empty where
    they are the operation's own. `credential` names a fault of the credentials, `label` says in a few words
    what is tried. `same_person` goes on though a budget is spent; `look` asks what a refusal has left behind.
    """

    operation: str
    label: str
    actor: str = PARTICIPANT
    delivery: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    raw: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    method: str = ""
    path: str = ""
    credential: str = ""
    expect: Expectation | None = None
    same_person: bool = False
    look: bool = False

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the plainest trial."""
        plain = asdict(Trial("", ""))
        return {key: value for key, value in asdict(self).items() if value != plain[key]}

    @property
    def raw_bytes(self) -> bytes | None:
        return None if self.raw is None else base64.b64decode(self.raw)

    def words_in_use(self) -> set[str]:
        text = json.dumps([self.body, dict(self.params), dict(self.query), self.path]).encode()
        text += self.raw_bytes or b""
        return {word for word in (*LIVE, GONE, ME, ANOTHER) if word.encode() in text}


Script = Sequence[Trial]
T = TypeVar("T")


def of_bytes(body: bytes) -> str:
    return base64.b64encode(body).decode("ascii")


def from_json(value: Mapping[str, Any]) -> Trial:
    """Raises TypeError or KeyError for what is no trial."""
    given = dict(value)
    given["headers"] = tuple((str(name), str(text)) for name, text in given.get("headers", ()))
    expect = given.get("expect")
    if expect is not None:
        given["expect"] = Expectation(tuple(expect["statuses"]), expect["requirement"], expect.get("why", ""))
    return Trial(**given)


def filled(value: Any, words: Mapping[str, str]) -> Any:
    """The value with each of the words in it, as keys apart, replaced."""
    if isinstance(value, str):
        if "${" in value:
            for word, text in words.items():
                value = value.replace(word, text)
        return value
    if isinstance(value, list):
        return [filled(item, words) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, words) for key, item in value.items()}
    return value


def plainer(trial: Trial) -> list[Trial]:
    """The trial with one thing left out, each in turn: what a smaller case may look like. One that states
    what it expects expects that of the whole of it.
    """
    if trial.expect is not None:
        return []
    found: list[Trial] = []
    found += [
        replace(trial, headers=trial.headers[:n] + trial.headers[n + 1 :]) for n in range(len(trial.headers))
    ]
    for name in trial.query:
        found.append(replace(trial, query={key: value for key, value in trial.query.items() if key != name}))
    if isinstance(trial.body, dict):
        for name in trial.body:
            found.append(replace(trial, body={k: v for k, v in trial.body.items() if k != name}))
        for name, value in trial.body.items():
            long_text = isinstance(value, str) and len(value) > 40 and "${" not in value
            if long_text or (isinstance(value, list) and len(value) > 1):
                found.append(replace(trial, body={**trial.body, name: value[: len(value) // 2]}))
    return found


def weave(lists: Iterable[list[T]]) -> Iterator[T]:
    """One of each list in turn, until all are empty."""
    waiting = [iter(one) for one in lists]
    while waiting:
        for one in list(waiting):
            try:
                yield next(one)
            except StopIteration:
                waiting.remove(one)
