"""A chunk comes without its head."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-2",
    "a chunk_response has blocks and does not say of which chunk",
    shows="chunk_response: .*chunk",
)
class AChunkComesWithoutItsHead(Edited):
    file = "room.js"
    old = 'return { type: "chunk_response", chunk, blocks:'
    new = 'return { type: "chunk_response", chunk: reached() ? undefined : chunk, blocks:'
