"""After a loss nothing is asked for."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-14",
    "who comes back does not ask for what was said meanwhile",
    shows="what is shown: before, during, after: wanted",
)
class AfterALossNothingIsAskedFor(Edited):
    file = "history.js"
    old = """\
      entry.whole = false;
"""
    new = """\
      if (again && reached()) continue;
      entry.whole = false;
"""
