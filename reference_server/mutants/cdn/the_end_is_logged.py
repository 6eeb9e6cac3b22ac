"""Written only when the widget is destroyed."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.cdn.bundled import Ending, WrongBundles


class Other(Ending):
    more = """
const { ChatWidget: right } = window.StrixunChat;
window.StrixunChat = {
  ChatWidget: (options) => {
    const made = right(options);
    const before = made.destroy.bind(made);
    made.destroy = () => (before(), console.log("gone"));
    return made;
  },
};
"""
    keeps_console = True


@mutant(
    "CDN-7",
    "the widget says goodbye on the console",
    shows="console.log: gone",
)
class TheEndIsLogged(WrongBundles):
    bundler = Other
