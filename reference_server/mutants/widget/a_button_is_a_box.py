"""A button is a box."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-11",
    "a button is a box that a mouse alone can press",
    shows="whether Tab gets to Create Room: wanted True",
)
class AButtonIsABox(Edited):
    file = "view.js"
    old = """\
    this.create = element("button", { type: "submit", className: "chat-primary", textContent: text });
"""
    new = """\
    this.create = element("div", { role: "button", className: "chat-primary", textContent: text });
    this.create.addEventListener("click", () => reached() && creating.requestSubmit());
"""
