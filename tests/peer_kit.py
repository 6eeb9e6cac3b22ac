"""A real TURN server, the reference server and people, for tests of headless peers."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from e2e.peer import Peer
from e2e.turn import TurnServer
from e2e.turn.process import TurnProcess
from protocol import spec as specs
from protocol.client import Lane, User
from protocol.operations import Operations
from protocol.transcript import Transcript
from suite import opening
from suite.embedded import Embedded
from suite.people import People

SPEC = specs.load()
NewPeer = Callable[..., Awaitable[Peer]]
needs_turn = pytest.mark.skipif(shutil.which("turnserver") is None, reason="coturn is not installed")


class Place:
    """Where peers meet: a target, its people, and what relays them."""

    def __init__(self) -> None:
        self.turn: TurnServer = TurnProcess(SPEC.timings["turn_credential_max"])
        self.records: list[dict[str, Any]] = []
        self._numbers = itertools.count()

    def __enter__(self) -> Place:
        self.turn.start()
        assert self.turn.secret is not None
        self.embedded = Embedded(SPEC, turn=(self.turn.urls, self.turn.secret))
        self.target = self.embedded.start()
        self.people = People(self.target, self.embedded.minter, opening.new_run_id())
        self.wire = opening.open_wire(self.target, "peers")
        self.transcript = Transcript(
            self.records.append, self.target.base_url, SPEC.policy["names"]["secret_fields"]
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self.embedded.end()
        self.turn.stop()

    def lane(self) -> Lane:
        operations = Operations(SPEC, self.target.paths)
        redactor = self.transcript.redactor()
        return Lane(SPEC, operations, self.wire, self.transcript, redactor, "test")

    async def person(self, actor: str) -> User:
        return await self.people.person(self.lane(), f"{actor}{next(self._numbers)}")

    @asynccontextmanager
    async def peers(self) -> AsyncIterator[NewPeer]:
        """Makes peers; all are closed in the end."""
        made: list[Peer] = []

        async def new(actor: str, kind: type[Peer] = Peer, *, transport: Any = None, **options: Any) -> Peer:
            user = await self.person(actor)
            made.append(kind(user, self.turn.ice_servers(user.id, transport), **options))
            return made[-1]

        try:
            yield new
        finally:
            for peer in made:
                await peer.close()
