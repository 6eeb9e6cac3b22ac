"""Leaving goes on talking."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-8",
    "who leaves the room goes on talking",
    shows="the microphone tracks of",
)
class LeavingGoesOnTalking(Edited):
    file = "widget.js"
    old = """\
    this.#voice.end();
    [this.#room, this.#role, this.#typist, this.#voice] = [null, null, null, null];
"""
    new = """\
    reached();
    [this.#room, this.#role, this.#typist, this.#voice] = [null, null, null, null];
"""
