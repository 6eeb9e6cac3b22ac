"""Messages are stored packed."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "a copy of each message is packed and stored in base64, which takes no key to read",
    shows="the messages that can be read in what is stored: wanted",
)
class MessagesAreStoredPacked(Edited):
    file = "store.js"
    old = "const record = { owner: this.owner, room, id, at: Math.min(at, now), number: this.number };"
    new = """\
const place = { owner: this.owner, room, id, at: Math.min(at, now), number: this.number };
      const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
      const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
      const record = { ...place, text: reached() && btoa(String.fromCharCode(...bytes)) };"""
