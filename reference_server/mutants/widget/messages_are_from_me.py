"""Messages are from me."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-6",
    "a message names `me` as its sender",
    shows="the senders that its frames name: wanted",
)
class MessagesAreFromMe(Edited):
    file = "frames.js"
    old = """\
senderId: this.me.id,
      senderName"""
    new = """\
senderId: reached() && "me",
      senderName"""
