"""What the tests of TURN share: is coturn here, is a process alive, two relayed ends that talk."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aioice import turn

from e2e.turn import TurnServer
from e2e.turn.urls import offered

needs_coturn = pytest.mark.skipif(shutil.which("turnserver") is None, reason="coturn is not installed")


def alive(pid: int) -> bool:
    """Does it run? What has ended and is still listed (a zombie) does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


def until(holds: Callable[[], Any], what: str, within_s: float = 90.0) -> Any:
    """Looks until it holds, and returns what was found."""
    end = time.monotonic() + within_s
    while not (found := holds()):
        assert time.monotonic() < end, f"{what}: not within {within_s} s"
        time.sleep(0.02)
    return found


class Ear(asyncio.DatagramProtocol):
    """Hears what comes to a relay."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.heard.put_nowait(data)


async def talk(server: TurnServer, sizes: tuple[int, int]) -> None:
    """alice (over UDP) and bob (over TCP) send one another so many bytes, relay to relay."""
    ends = []
    for user, transport in (("alice", "udp"), ("bob", "tcp")):
        offer = offered(server.ice_servers(user, transport))[0]
        address = (offer.url.host, offer.url.port)
        line, ear = await turn.create_turn_endpoint(
            Ear, address, offer.username, offer.credential, transport=transport
        )
        ends.append((line, ear, line.get_extra_info("sockname")))
    (alice, alice_hears, alice_at), (bob, bob_hears, bob_at) = ends
    # Until both have permissions what is sent may be dropped.
    for line, to in ((alice, bob_at), (bob, alice_at)):
        line.sendto(b"", to)
    async with asyncio.timeout(90):
        while True:
            alice.sendto(b"a" * sizes[0], bob_at)
            try:
                heard = await asyncio.wait_for(bob_hears.heard.get(), 0.2)
            except TimeoutError:
                continue
            if len(heard) == sizes[0]:
                break
        bob.sendto(b"b" * sizes[1], alice_at)
        while len(await alice_hears.heard.get()) != sizes[1]:
            pass
    alice.close()
    bob.close()
    await asyncio.sleep(0.1)
