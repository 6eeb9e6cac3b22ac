"""What mutants of the envelope stand on: a sealer all of whose envelopes are wrong."""

from __future__ import annotations

from reference_server.mutants import Reaching
from reference_server.sealing import Sealer


class WrongSealer(Reaching, Sealer):
    """Says that its wrong path is taken before it hands the work to a thread, which knows of no exchange."""

    async def seal(self, token: str, plaintext: bytes) -> bytes:
        self.reached()
        return await super().seal(token, plaintext)
