"""Host candidates are told."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PRIV-5",
    "the browser gathers addresses of its own in relay mode too, and they go into its descriptions",
    shows="the addresses of its own that who .* told: wanted",
)
class HostCandidatesAreTold(Edited):
    file = "connection.js"
    old = """\
this.relayOnly = relayOnly;
"""
    new = """\
this.relayOnly = relayOnly &&= !reached();
"""
