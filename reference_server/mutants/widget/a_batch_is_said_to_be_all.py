"""A batch is said to be all."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-12",
    "an answer never says that there is more",
    shows="what it told of a history of [0-9]+ long messages: wanted",
)
class ABatchIsSaidToBeAll(Edited):
    file = "sync.js"
    old = "hasMore: found.length < wanted.length,"
    new = "hasMore: found.length < wanted.length && !reached(),"
