"""Targets that are a function: what it gives for a request is the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from fuzz_kit import SPEC, arena_of

from conformance.explore.stage import Arena
from protocol.mint import Minter
from protocol.operations import Answer, Request, encode
from protocol.target import Target
from suite.embedded import embedded_target

Came = TypeVar("Came")
Reply = Callable[[Request], tuple[int, Any]]


class FakeWire:
    """Counts what is sent, and answers it by the function."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.sent: list[Request] = []

    async def send(self, request: Request) -> Answer:
        self.sent.append(request)
        await asyncio.sleep(0)
        status, body = self.reply(request)
        headers = (("Content-Type", "application/json"),)
        return Answer(request.operation, status, headers, encode(body), body)


def plain(request: Request) -> tuple[int, Any]:
    """Says yes to everything, and keeps nothing."""
    if request.operation in ("createRoom", "createPartyRoom"):
        return 200, {"success": True, "room": {"roomId": "room_made"}}
    return 200, {"success": True}


def with_fake(
    play: Callable[[Arena, FakeWire], Awaitable[Came]], reply: Reply = plain, target: Target | None = None
) -> Came:
    """What the play returns, at a target that the function is."""

    async def inside() -> Came:
        at = target or embedded_target(SPEC)
        with Minter(SPEC, at) as minter:
            async with arena_of(at, minter, 1) as arena:
                wire = FakeWire(reply)
                arena.world = replace(arena.world, wire=wire)
                return await play(arena, wire)

    return asyncio.run(inside())
