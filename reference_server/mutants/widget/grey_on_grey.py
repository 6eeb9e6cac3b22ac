"""Grey on grey."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-11",
    "what is said about messages is grey on nearly the same grey",
    shows="what is serious in a chat: wanted .*color-contrast",
)
class GreyOnGrey(Edited):
    file = "item.js"
    old = "this.element.dataset.hue = String(hue(senderId));"
    new = """\
this.element.dataset.hue = String(hue(senderId));
    this.element.querySelector("time").style.color = reached() && "#999";"""
