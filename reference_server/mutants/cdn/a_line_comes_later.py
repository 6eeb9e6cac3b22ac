"""A timer that nobody waits for in a test."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.cdn.bundled import Ending, WrongBundles


class Other(Ending):
    more = """
const { ChatWidget: right } = window.StrixunChat;
window.StrixunChat = {
  ChatWidget: (options) => (setTimeout(() => console.info("still here"), 20000), right(options)),
};
"""
    keeps_console = True


@mutant(
    "CDN-7",
    "the widget says on the console, after a while, that it is there",
    shows="console.info: still here",
)
class ALineComesLater(WrongBundles):
    bundler = Other
