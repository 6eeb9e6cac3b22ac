"""A page that uses the widget right after its script finds nothing."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.cdn.bundled import Ending, WrongBundles


class Other(Ending):
    more = """
const kept = window.StrixunChat;
delete window.StrixunChat;
setTimeout(() => (window.StrixunChat = kept), 300);
"""


@mutant(
    "CDN-5",
    "the name is defined some time after the script was loaded",
    shows="got 'undefined'",
)
class TheNameComesLate(WrongBundles):
    bundler = Other
