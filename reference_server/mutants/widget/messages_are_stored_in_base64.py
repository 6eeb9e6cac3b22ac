"""Messages are stored in base64."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "a copy of each message is stored in base64, which takes no key to read",
    shows="the messages that can be read in what is stored: wanted",
)
class MessagesAreStoredInBase64(Edited):
    file = "store.js"
    old = "const record = { owner: this.owner, room, id, at: Math.min(at, now), number: this.number };"
    new = """\
const place = { owner: this.owner, room, id, at: Math.min(at, now), number: this.number };
      const record = { ...place, text: reached() && btoa(text) };"""
