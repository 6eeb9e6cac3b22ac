"""Relay only is ignored."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-8",
    "the option relayOnly changes nothing",
    shows="the candidates of the selected pairs of .*: wanted",
)
class RelayOnlyIsIgnored(Edited):
    file = "widget.js"
    old = "relayOnly: this.options.relayOnly };"
    new = "relayOnly: !reached() };"
