"""Linearizability: could one thing at a time have given these answers? Pure; the models are in models.py.

A history is linearizable (Herlihy and Wing 1990) where every operation can be given one moment between its
call and its return so that the operations, taken in the order of those moments, are what the model does. The
search is that of Wing and Gong ("Testing and Verifying Concurrent Objects", 1993) with the memory of Lowe
("Testing for linearizability", 2017): which operations are done and what state they led to is looked at once.
Knossos and Porcupine do the same.

The problem is NP-complete, so the search is bounded: beyond so many such configurations the answer is
`undecided`, which accuses nobody.

An operation without an outcome (no answer came, or one that leaves open what was done) may have taken effect
at any time after its call, or never. To forget an outcome therefore only ever allows more; and so does to
forget what was called after some moment, and to forget what came to be known after it. On this rests
`shortest`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

State = Hashable
Answer = Literal["linearizable", "violated", "undecided"]
MOST = 10_000  # configurations that one search looks at
MOST_SHORTENING = 3 * MOST  # and all the searches for the shortest violation together


@dataclass(frozen=True)
class Operation:
    """Who called what, when, and what came. Times are of one clock; `output` is None for no known outcome.

    `ref` is whatever its recorder knows it by.
    """

    who: str
    what: str
    called: float
    returned: float
    input: Any = None
    output: Any = None
    ref: int | None = None

    @property
    def known(self) -> bool:
        return self.output is not None

    @property
    def ends(self) -> float:
        """By when it has taken effect: one without an outcome may never."""
        return self.returned if self.known else math.inf

    def forgotten(self) -> Operation:
        """The same without its outcome."""
        return replace(self, output=None)


class Model(Protocol):
    """What one thing does, one operation at a time."""

    def step(self, state: State, operation: Operation) -> Iterable[State]:
        """The states that the operation, with its output, may lead to: none where it cannot have come to
        pass in this state. For an operation without an outcome, every state that any output may lead to.
        """

    def alike(self, operation: Operation) -> Hashable:
        """Equal for operations without an outcome that do the same, whoever calls them."""

    def only_looks(self, operation: Operation) -> bool:
        """Its output says that it changed nothing, in whatever state it came to pass."""


@dataclass
class Bound:
    """How many configurations may still be looked at."""

    left: int = MOST

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0


@dataclass
class Search:
    """What a search found. `refused` are the states in which an operation could not have come to pass, by
    the operation's place in the history, in the order in which they were seen.
    """

    answer: Answer = "violated"
    refused: dict[int, dict[State, None]] = field(default_factory=dict)


def decide(
    operations: Iterable[Operation], model: Model, initial: State, bound: Bound | None = None
) -> Answer:
    """Whether some order of the operations explains their outputs."""
    return search(list(operations), model, initial, bound or Bound()).answer


def search(operations: Sequence[Operation], model: Model, initial: State, bound: Bound) -> Search:
    """Depth first over configurations: the operations that are done, as bits, and the state they led to.

    An operation that only looks is done as soon as it is possible and nothing else is tried: whatever order
    has it later stays one when it is moved here. Of operations without an outcome that do the same one is
    tried: once called they are never too late, so it matters not which.
    """
    found = Search()
    calls = [operation.called for operation in operations]
    ends = [operation.ends for operation in operations]
    # Those that return first are tried first: that is mostly the order in which they were done.
    order = sorted(range(len(operations)), key=lambda index: ends[index])
    needed = sum(1 << index for index, operation in enumerate(operations) if operation.known)
    todo: list[tuple[int, State]] = [(0, initial)]
    seen = set(todo)
    while todo:
        done, state = todo.pop()
        if done & needed == needed:
            found.answer = "linearizable"
            return found
        if not bound.spend():
            found.answer = "undecided"
            return found
        open_ = [index for index in order if not done >> index & 1]
        horizon = ends[open_[0]]  # what was called after this comes after the operation that ended here
        after: list[tuple[int, State]] = []
        tried: set[Hashable] = set()
        for index in open_:
            if calls[index] > horizon:
                continue
            operation = operations[index]
            if not operation.known:
                alike = model.alike(operation)
                if alike in tried:
                    continue
                tried.add(alike)
            states = list(model.step(state, operation))
            if not states and operation.known:
                found.refused.setdefault(index, {})[state] = None
            if states and model.only_looks(operation):
                after = [(done | 1 << index, state)]
                break
            if states == [state] and not operation.known:
                continue  # to be done now would be as if it were not
            after += [(done | 1 << index, other) for other in states]
        for configuration in reversed(after):
            if configuration not in seen:
                seen.add(configuration)
                todo.append(configuration)
    return found


@dataclass(frozen=True)
class Violation:
    """The shortest part of a history that no order explains, in order of its calls.

    `culprit` is the operation whose answer gave it away, `states` those in which it would have had to come
    to pass, in every order that explains the others. `left_out` are the operations that play no part.
    """

    operations: tuple[Operation, ...]
    culprit: Operation
    states: tuple[State, ...]
    left_out: tuple[Operation, ...]


def shortest(operations: Iterable[Operation], model: Model, initial: State) -> Violation | None:
    """The shortest violation of a history; None where it is linearizable, or cannot be decided.

    First in time: the history up to the first return by which it is violated, the culprit's. What was called
    later is left out, what had not returned by then loses its outcome. A prefix of a linearizable history is
    linearizable, so a violated prefix convicts the whole.

    Then in breadth: an operation is left out where both hold,

    - without its outcome, and those of all that were left out before it, the history is violated still. So
      whatever they did or did not do, none of them explains it: to leave them out makes no violation;
    - without it and all that were left out, and without the culprit's outcome, what stays is linearizable.
      So it still shows why the culprit is wrong, and is wrong for nothing else. (Of two reads of one offer,
      its sending is not left out: the first read would be unexplained.)

    This goes on until there is none: the result is 1-minimal in this sense. Where the bound is reached, more
    is kept than need be.
    """
    history = sorted(operations, key=lambda operation: (operation.called, operation.returned))
    if decide(history, model, initial) != "violated":
        return None
    bound = Bound(MOST_SHORTENING)
    kept, culprit = _prefix(history, model, initial, bound)
    left_out: list[Operation] = []
    again = True
    while again:
        again = False
        for operation in [one for one in kept if one is not culprit]:
            rest = [one for one in kept if one is not operation]
            forgotten = [one.forgotten() for one in (*left_out, operation)]
            if (
                decide([*rest, *forgotten], model, initial, bound) == "violated"
                and decide(_without_outcome(rest, culprit), model, initial, bound) == "linearizable"
            ):
                kept, again = rest, True
                left_out.append(operation)
    last = search(kept, model, initial, Bound())
    states = last.refused.get(next(i for i, one in enumerate(kept) if one is culprit), {})
    later = [one for one in history if one.called > culprit.returned]
    return Violation(tuple(kept), culprit, tuple(states), (*left_out, *later))


def _prefix(
    history: list[Operation], model: Model, initial: State, bound: Bound
) -> tuple[list[Operation], Operation]:
    """What was called up to the first return by which the history is violated, and who returned then."""
    returns = sorted((one for one in history if one.known), key=lambda one: one.returned)
    low, high = 0, len(returns) - 1  # the whole is violated; and once a prefix is, all longer ones are
    while low < high:
        middle = (low + high) // 2
        if decide(_until(history, returns[: middle + 1]), model, initial, bound) == "violated":
            high = middle
        else:
            low = middle + 1
    return _until(history, returns[: high + 1]), returns[high]


def _until(history: Iterable[Operation], returned: Sequence[Operation]) -> list[Operation]:
    """The history as it was known when these had returned."""
    known = {id(one) for one in returned}
    return [
        one if id(one) in known else one.forgotten() for one in history if one.called <= returned[-1].returned
    ]


def _without_outcome(operations: Iterable[Operation], culprit: Operation) -> list[Operation]:
    return [one.forgotten() if one is culprit else one for one in operations]
