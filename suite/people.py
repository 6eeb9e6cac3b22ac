"""New users of a target: people that no other check of the run knows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from protocol.client import Lane, User
from protocol.marks import mark
from protocol.mint import Minter
from protocol.target import Target


@dataclass
class People:
    """Makes the people of one run. Ids hold the run's id and a number, so that no two are alike."""

    target: Target
    minter: Minter
    run_id: str
    counter: itertools.count[int] = field(default_factory=itertools.count)

    async def person(self, lane: Lane, actor: str, *, id_length: int = 0, **claims: Any) -> User:
        """A new user with an id of at least so many characters, who signs in by the plain delivery.

        Its token has these claims besides. Raises MintError where the target's source of tokens has none.
        """
        number = next(self.counter)
        user_id = f"{actor}_{self.run_id}_{number}".ljust(id_length, "x")
        minted = await self.minter.person(user_id, **claims)
        lane.redactor.add(minted.token, f"{actor} token")
        if minted.csrf:
            lane.redactor.add(minted.csrf, f"{actor} csrf")
        return User(
            lane,
            actor,
            minted.user_id,
            f"{actor.capitalize()} {mark()}",
            minted.token,
            minted.csrf,
            self.target.plain_delivery,
            address=self._address(number),
        )

    def visitor(self, lane: Lane, actor: str) -> User:
        """Somebody new without a token, who comes from an address of its own."""
        number = next(self.counter)
        name = f"{actor.capitalize()} {mark()}"
        return User(lane, actor, "", name, "", None, "none", address=self._address(number))

    def _address(self, number: int) -> tuple[str, str] | None:
        header = self.target.address_header
        return (header, f"198.18.{number // 250 % 250}.{number % 250 + 1}") if header else None
