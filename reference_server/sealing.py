"""Seals answers to bearer requests. The derivation is slow on purpose, so it runs in threads of its own."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from protocol.envelope import seal
from protocol.operations import encode
from protocol.spec import Spec
from reference_server.clock import Clock


class Sealer:
    """Wraps the body of an answer into an envelope that only the token opens."""

    def __init__(self, spec: Spec, clock: Clock) -> None:
        self._spec = spec
        self._clock = clock
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="seal")

    async def seal(self, token: str, plaintext: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._sealed, token, plaintext)

    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        return encode(seal(self._spec, token, plaintext, now=self._clock.now()))
