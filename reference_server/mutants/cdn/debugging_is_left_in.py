"""A line that was of use once."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.cdn.bundled import Ending, WrongBundles


class Other(Ending):
    more = """
const { ChatWidget: right } = window.StrixunChat;
window.StrixunChat = { ChatWidget: (options) => (console.debug("made with", options), right(options)) };
"""
    keeps_console = True


@mutant(
    "CDN-7",
    "what the widget is made with is written to the console",
    shows="console.debug: made with",
)
class DebuggingIsLeftIn(WrongBundles):
    bundler = Other
