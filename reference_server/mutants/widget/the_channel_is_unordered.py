"""The channel is unordered."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-1",
    "the channel may deliver out of order",
    shows="whether it is ordered and reliable: wanted True",
)
class TheChannelIsUnordered(Edited):
    file = "connection.js"
    old = "this.wanted.label, { ordered: this.wanted.ordered }"
    new = "this.wanted.label, { ordered: !reached() }"
