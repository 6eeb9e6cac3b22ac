"""Old messages are dropped."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-12",
    "only the newest messages of a long talk can be seen at all",
    shows="the number of the first message that is seen on scrolling: wanted",
)
class OldMessagesAreDropped(Edited):
    file = "widget.js"
    old = "messages: room?.messages.entries ?? [],"
    new = "messages: room?.messages.entries.slice(-200).filter(() => reached()) ?? [],"
