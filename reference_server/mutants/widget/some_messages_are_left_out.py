"""Some messages are left out."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-12",
    "of a long list some messages are left out where it is scrolled",
    shows="how many of [0-9]+ messages are not seen on scrolling through: wanted",
)
class SomeMessagesAreLeftOut(Edited):
    file = "log.js"
    old = "wanted.set(entry.id, item);"
    new = "if (index % 50 !== 7 || index === end - 1 || !reached()) wanted.set(entry.id, item);"
