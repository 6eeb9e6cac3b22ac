"""The focus is not seen."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-11",
    "nothing shows where the focus is",
    shows="which of [0-9]+ elements look with the focus just like without: wanted",
)
class TheFocusIsNotSeen(Edited):
    file = "view.js"
    old = 'this.root.dataset.theme = ["light", "dark"].includes(theme) ? theme : "auto";'
    new = """\
this.root.dataset.theme = ["light", "dark"].includes(theme) ? theme : "auto";
    this.root.addEventListener("focusin", ({ target }) => (target.style.outline = reached() && "none"));"""
