"""The newest messages go first."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "where a room has too many messages the newest are removed",
    shows="the numbers of those that come back, of [0-9]+: wanted",
)
class TheNewestMessagesGoFirst(Edited):
    file = "store.js"
    old = "for (const key of await result(index.getAllKeys(range, surplus))) messages.delete(key);"
    new = """\
const keys = await result(index.getAllKeys(range));
    for (const key of keys.slice(-surplus)) messages.delete(reached() && key);"""
