"""A visit makes messages young again."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "with each visit messages count as new, so that they are kept for ever",
    shows="how much is stored of messages of more than",
)
class AVisitMakesMessagesYoungAgain(Edited):
    file = "store.js"
    old = """\
    return (await this.#open(beginningWith(this.owner, room))).map(({ entry }) => entry);
"""
    new = """\
    const entries = (await this.#open(beginningWith(this.owner, room))).map(({ entry }) => entry);
    await this.clear(room);
    await this.add(room, entries.map((entry) => ({ ...entry, at: reached() && this.now() })));
    return entries;
"""
