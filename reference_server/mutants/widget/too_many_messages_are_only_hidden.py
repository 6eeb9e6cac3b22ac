"""Too many messages are only hidden."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "what is beyond a room's bound is not shown again, but stays where it is",
    shows="how much more is stored of [0-9]+ messages than of [0-9]+",
)
class TooManyMessagesAreOnlyHidden(Edited):
    file = "store.js"
    old = "this.most = bounds.messages_per_room;"
    new = """\
this.most = Infinity;
    const { read } = this;
    const most = bounds.messages_per_room;
    this.read = async (room) => (await read.call(this, room)).slice(reached() && -most);"""
