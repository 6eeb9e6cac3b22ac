"""A line for those who look."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.cdn.bundled import Ending, WrongBundles


class Other(Ending):
    more = 'console.info("chat widget 1.0.0");'
    keeps_console = True


@mutant(
    "CDN-7",
    "the bundle prints its name when it is loaded",
    shows="console.info: chat widget",
)
class TheVersionIsPrinted(WrongBundles):
    bundler = Other
