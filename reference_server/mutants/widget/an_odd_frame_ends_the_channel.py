"""An odd frame ends the channel."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-4",
    "the channel is closed at the first frame that is none",
    shows="whether the channel is still open: wanted True; got False",
)
class AnOddFrameEndsTheChannel(Edited):
    file = "room.js"
    old = """\
      this.dropped += 1;
      return;
    }
    if (isChat(frame)) {"""
    new = """\
      this.dropped += 1;
      if (frame === undefined && reached()) link.connection.close();
      return;
    }
    if (isChat(frame)) {"""
