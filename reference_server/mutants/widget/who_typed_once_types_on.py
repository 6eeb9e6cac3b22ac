"""Who typed once types on."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-7",
    "a text that is left standing is told as typing again and again",
    shows="whether it still tells of typing, with nobody typing: wanted False",
)
class WhoTypedOnceTypesOn(Edited):
    file = "typist.js"
    old = "this.timer = setTimeout(() => this.sent(), (this.shown * 1000) / 2);"
    new = """\
this.timer = setTimeout(() => {
      this.toldAt = reached() ? null : this.toldAt;
      this.input(text);
    }, (this.shown * 1000) / 2);"""
