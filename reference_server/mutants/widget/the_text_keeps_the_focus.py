"""The text keeps the focus."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-11",
    "Tab is a character of the message, so that the text is never left",
    shows="where Tab gets no further: wanted",
)
class TheTextKeepsTheFocus(Edited):
    file = "view.js"
    old = "      if (event.key !== this.sendKey || event.shiftKey || event.isComposing) return;"
    new = """\
      if (event.key === "Tab") return reached() && event.preventDefault();
      if (event.key !== this.sendKey || event.shiftKey || event.isComposing) return;"""
