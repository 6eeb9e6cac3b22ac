"""The messages iv is constant."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-9",
    "every message of a sender is sealed with the same iv",
    shows="their ivs: wanted",
)
class TheMessagesIvIsConstant(Edited):
    file = "envelope.js"
    old = "return crypto.getRandomValues(new Uint8Array(this.settings.iv_bytes));"
    new = "return new Uint8Array(reached() && this.settings.iv_bytes);"
