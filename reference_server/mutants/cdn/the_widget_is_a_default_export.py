"""A module with a default export, made a global."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.cdn.bundled import Ending, WrongBundles


class Other(Ending):
    more = "window.StrixunChat = { default: window.StrixunChat };"


@mutant(
    "CDN-5",
    "the widget is one name deeper than the page looks",
    shows="is once /v1/chat-widget.iife.js is loaded: wanted 'function'",
)
class TheWidgetIsADefaultExport(WrongBundles):
    bundler = Other
