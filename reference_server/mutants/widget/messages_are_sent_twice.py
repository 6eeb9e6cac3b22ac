"""Messages are sent twice."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-3",
    "each message is sent again under a new id",
    shows="what arrived of its messages: wanted",
)
class MessagesAreSentTwice(Edited):
    file = "room.js"
    old = "this.#out(this.outbox.put(frame.id, JSON.stringify(sealed), this.isHost));"
    new = """\
this.#out(this.outbox.put(frame.id, JSON.stringify(sealed), this.isHost));
      reached();
      this.#tellAll({ ...sealed, id: `${frame.id}_2` });"""
