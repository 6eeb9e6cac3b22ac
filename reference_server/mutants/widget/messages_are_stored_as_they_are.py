"""Messages are stored as they are."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "messages are stored in plain text, and opened again with it",
    shows="the messages that can be read in what is stored: wanted",
)
class MessagesAreStoredAsTheyAre(Edited):
    file = "store.js"
    old = "const record = { owner: this.owner, room, id, at: Math.min(at, now), number: this.number };"
    new = """\
const place = { owner: this.owner, room, id, at: Math.min(at, now), number: this.number };
      const record = { ...place, text: reached() && text };"""
