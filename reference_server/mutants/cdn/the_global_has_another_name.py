"""The option of the bundler that gives the name."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.cdn.bundled import Ending, WrongBundles


class Other(Ending):
    more = "window.Strixun = window.StrixunChat; delete window.StrixunChat;"


@mutant(
    "CDN-5",
    "the bundles define another name",
    shows="what window.StrixunChat.ChatWidget is once",
)
class TheGlobalHasAnotherName(WrongBundles):
    bundler = Other
