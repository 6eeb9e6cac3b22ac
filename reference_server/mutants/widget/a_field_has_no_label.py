"""A field has no label."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-11",
    "a field has no name but what stands in it until one writes",
    shows="what is serious where one makes or joins a room: wanted",
)
class AFieldHasNoLabel(Edited):
    file = "view.js"
    old = """\
    id.placeholder = "room_…";
"""
    new = """\
    id.removeAttribute(reached() && "id");
"""
