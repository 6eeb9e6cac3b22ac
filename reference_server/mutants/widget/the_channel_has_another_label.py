"""The channel has another label."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-1",
    "the channel is labelled by the room",
    shows="the label of the broadcaster's channel: wanted 'chat'",
)
class TheChannelHasAnotherLabel(Edited):
    file = "connection.js"
    old = "createDataChannel(this.wanted.label,"
    new = 'createDataChannel(reached() && "chat-room",'
