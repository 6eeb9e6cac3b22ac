"""Messages are sealed with one IV."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "all messages are sealed with one key and one IV, so that two of them tell both (SP 800-38D, 8)",
    shows="how often the same stands in what is stored of a text said 3 times: wanted",
)
class MessagesAreSealedWithOneIv(Edited):
    file = "store.js"
    old = "const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));"
    new = "const iv = reached() && new Uint8Array(IV_BYTES);"
