"""Enter presses nothing."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-11",
    "a button can be reached by keyboard and not be pressed",
    shows="the room that Enter on Create Room made: wanted",
)
class EnterPressesNothing(Edited):
    file = "view.js"
    old = """\
    creating.addEventListener("submit", (event) => {
      event.preventDefault();
"""
    new = """\
    this.create.addEventListener("keydown", (event) => reached() && event.preventDefault());
    creating.addEventListener("submit", (event) => {
      event.preventDefault();
"""
