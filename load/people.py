"""The people of a load run: minted in advance, each with a ledger of what its budgets still allow.

So no user ever asks for more than the protocol promises it, and each 429 is the target's fault. It sends
nothing.
"""

from __future__ import annotations

import logging
import random
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import gevent
from gevent.event import Event

from protocol.mint import Minted, Minter, MintError
from protocol.operations import Header
from protocol.spec import Spec
from protocol.target import Target
from protocol.tokens import TokenError, peek

IN_STOCK = 64  # people signed in advance: a spike takes this many at once without waiting for a signature
MARGIN_S = 30.0  # before its token expires a person is replaced: whatever it is in the middle of ends in time
LATER_S = 1.0  # a window is taken to end so much later than by our clock: no two clocks go alike
# Addresses are of 10.0.0.0/8, without those that end in 0 or 255.
LAST_BYTES = 254
ADDRESSES = 256 * 256 * LAST_BYTES
WAIT_S = 0.5  # between two looks whether somebody of a list is free again
logger = logging.getLogger("parley.load")


class Ledger:
    """How often its user has done what, and whether it may once more. Windows are fixed (policy.yaml).

    What is counted by a room too, is counted so; what has no budget, by the floor below which nobody may
    limit it.
    """

    def __init__(self, spec: Spec, clock: Callable[[], float] = time.monotonic) -> None:
        self._spec = spec
        self._clock = clock
        self._counts: dict[tuple[str, str], tuple[float, int]] = {}
        self._opening: set[tuple[str, str]] = set()
        floor = spec.policy["unbudgeted_floor"]
        self._floor = (floor["limit"], floor["window"])

    def left(self, operation: str, room: str = "") -> int:
        """How many more the budget allows now."""
        limit, window, key = self._budget(operation, room)
        opened, count = self._counts.get(key, (0.0, 0))
        if count and self._clock() >= opened + window + LATER_S:
            del self._counts[key]
            return limit
        return limit - count

    def spend(self, operation: str, room: str = "") -> None:
        """Counts one that is sent; `answered` is to be told when that is over."""
        left = self.left(operation, room)
        assert left > 0, f"{operation}: nobody asks for more than its budget"
        _, _, key = self._budget(operation, room)
        if key not in self._counts:
            self._opening.add(key)
        opened, count = self._counts.get(key, (self._clock(), 0))
        self._counts[key] = (opened, count + 1)

    def answered(self, operation: str, room: str = "") -> None:
        """The answer is there, or given up. Of the first one of a window: the target's has opened by now."""
        _, _, key = self._budget(operation, room)
        if key in self._opening:
            self._opening.discard(key)
            self._counts[key] = (self._clock(), self._counts[key][1])

    def fresh_in(self) -> float:
        """Seconds until nothing is counted any more; 0 where nothing is."""
        now = self._clock()
        ends = [
            opened + self._budget(operation, room)[1] + LATER_S - now
            for (operation, room), (opened, _) in self._counts.items()
        ]
        return max([0.0, *ends])

    def _budget(self, operation: str, room: str) -> tuple[int, int, tuple[str, str]]:
        budget = self._spec.operations[operation].budget
        if budget is None:
            return (*self._floor, (operation, ""))
        return budget.limit, budget.window, (operation, room if "room" in budget.per else "")


@dataclass(eq=False)
class Person:
    """Somebody with a token. `until` is when the token ends, by time.time()."""

    minted: Minted
    name: str
    ledger: Ledger = field(repr=False)
    until: float
    address: Header | None = None

    @property
    def id(self) -> str:
        return self.minted.user_id

    def lasts(self, seconds: float = 0.0) -> bool:
        """Whether its token is good for so long, with a margin."""
        return time.time() + seconds + MARGIN_S < self.until

    def can(self, needs: Iterable[tuple[str, int]]) -> bool:
        """Whether its budgets allow so many of each of these operations."""
        return all(self.ledger.left(operation) >= count for operation, count in needs)


class Addresses:
    """Addresses that no two people have: each process of a run has a range of its own, and begins anywhere in
    it, so that a run soon after another (a knee has many) meets none whose budget is spent.
    """

    def __init__(self, index: int, of: int) -> None:
        """Of process `index` of `of`."""
        self._size = ADDRESSES // of
        self._first = index * self._size
        self._next = secrets.randbelow(self._size)

    def take(self) -> str:
        number = self._first + self._next
        self._next = (self._next + 1) % self._size
        high, last = divmod(number, LAST_BYTES)
        return f"10.{high // 256}.{high % 256}.{last + 1}"


class People:
    """Gives out the people of one process. `users` is how many the run has, for the message of a list."""

    def __init__(
        self,
        spec: Spec,
        target: Target,
        prefix: str,
        *,
        share: tuple[int, int] = (0, 1),
        users: int = 0,
    ) -> None:
        """`share`: of a list of tokens this process has every so many-th one, from its own number on."""
        index, of = share
        given = target.tokens.given[index::of]
        self._listed = bool(target.tokens.given)
        if self._listed:
            target = replace(target, tokens=replace(target.tokens, given=given))
        self._spec = spec
        self._target = target
        self._minter = Minter(spec, target)
        self._left = len(given)
        self._prefix = prefix
        self._number = 0
        self._addresses = Addresses(index, max(of, index + 1))
        self._users = users
        self._stock: deque[Person] = deque()
        self._resting: list[Person] = []
        self._said = False
        self._wanted = Event()
        self._filler: gevent.Greenlet | None = None

    def start(self) -> None:
        """Begins to sign in advance."""
        if self._filler is None and not self._listed:
            self._filler = gevent.spawn(self._fill)

    def stop(self) -> None:
        if self._filler is not None:
            self._filler.kill(block=False)
            self._filler = None

    def take(self) -> Person:
        """Somebody new; of a list that is used up, somebody whose budgets are whole again: it waits for one,
        and says so once. Raises MintError where there can be none.
        """
        while self._stock:
            person = self._stock.popleft()
            self._wanted.set()
            if person.lasts():
                return person
        self._wanted.set()
        if not self._listed:
            return self._make()
        while self._left:
            self._left -= 1
            person = self._make()
            if person.lasts():
                return person
            logger.warning("tokens.list: the token of %s has expired, or will at once", person.id)
        while True:
            rested = next((p for p in self._resting if p.lasts() and not p.ledger.fresh_in()), None)
            if rested is not None:
                self._resting.remove(rested)
                return rested
            self._say()
            gevent.sleep(WAIT_S)

    def give_back(self, person: Person) -> None:
        """Nobody acts as this person any more."""
        if self._listed:
            self._resting.append(person)

    def resume(self, needs: Iterable[tuple[str, int]]) -> Person:
        """Somebody who has these budgets left, of those given back; else somebody new."""
        wanted = tuple(needs)
        found = next((p for p in self._resting if p.lasts() and p.can(wanted)), None)
        if found is None:
            return self.take()
        self._resting.remove(found)
        return found

    def _make(self) -> Person:
        number = self._number
        self._number += 1
        minted = self._minter.person_now(f"{self._prefix}_{number}")
        header = self._target.address_header
        address = (header, self._addresses.take()) if header else None
        return Person(minted, f"User {number}", Ledger(self._spec), _until(minted.token), address)

    def _fill(self) -> None:
        while True:
            while len(self._stock) < IN_STOCK:
                try:
                    self._stock.append(self._make())
                except MintError:
                    break  # whoever takes one is told
                gevent.sleep(0)
            self._wanted.clear()
            self._wanted.wait(MARGIN_S)

    def _say(self) -> None:
        if not self._said:
            self._said = True
            logger.warning(
                "the load needs %s users, the list has %d: who comes now waits until budgets are whole again",
                f"more than {self._users}" if self._users else "more",
                len(self._target.tokens.given),
            )


def chance(seed: int, *what: object) -> random.Random:
    """Chance that is the same for the same seed and the same words."""
    return random.Random(" ".join(map(str, (seed, *what))))  # noqa: S311 - nothing here is a secret


def _until(token: str) -> float:
    """When the token says that it ends; never, where it does not say."""
    try:
        ends = peek(token)[1].get("exp")
    except TokenError:
        return float("inf")
    return float(ends) if isinstance(ends, int | float) else float("inf")
