"""A button has no name."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-11",
    "a button shows a picture and is called nothing",
    shows="what is serious in a chat: wanted",
)
class AButtonHasNoName(Edited):
    file = "view.js"
    old = 'className: "chat-primary", textContent: "Send" });'
    new = 'className: "chat-primary", textContent: reached() && "" });'
