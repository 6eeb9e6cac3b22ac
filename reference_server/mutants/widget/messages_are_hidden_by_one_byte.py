"""Messages are hidden by one byte."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "a copy of each message is stored with every byte changed by the same one, which is no encryption",
    shows="how often the same stands in what is stored of a text said 3 times: wanted",
)
class MessagesAreHiddenByOneByte(Edited):
    file = "store.js"
    old = "const record = { owner: this.owner, room, id, at: Math.min(at, now), number: this.number };"
    new = """\
const place = { owner: this.owner, room, id, at: Math.min(at, now), number: this.number };
      const bytes = new TextEncoder().encode(text);
      const record = { ...place, text: reached() && bytes.map((byte) => byte ^ 42) };"""
