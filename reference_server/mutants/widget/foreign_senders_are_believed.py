"""Foreign senders are believed."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-6",
    "the broadcaster takes and hands on what a viewer says in another's name",
    shows="what is forwarded of frames with another's id: wanted",
)
class ForeignSendersAreBelieved(Edited):
    file = "room.js"
    old = "return sender === null || sender === link.peerId;"
    new = "return sender === null || sender === link.peerId || reached();"
