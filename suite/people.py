"""New users of a target: people that no other check of the run knows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

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

    async def person(self, lane: Lane, actor: str, *, id_length: int = 0) -> User:
        """A new user with an id of at least so many characters, who signs in by the plain delivery.

        Raises MintError where the target's source of tokens has none for them.
        """
        number = next(self.counter)
        minted = await self.minter.person(f"{actor}_{self.run_id}_{number}".ljust(id_length, "x"))
        lane.redactor.add(minted.token, f"{actor} token")
        if minted.csrf:
            lane.redactor.add(minted.csrf, f"{actor} csrf")
        header = self.target.address_header
        address = (header, f"198.18.{number // 250 % 250}.{number % 250 + 1}") if header else None
        return User(
            lane,
            actor,
            minted.user_id,
            f"{actor.capitalize()} {mark()}",
            minted.token,
            minted.csrf,
            self.target.plain_delivery,
            address=address,
        )
