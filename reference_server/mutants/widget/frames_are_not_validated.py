"""Frames are not validated."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-4",
    "what is JSON is taken for a frame, whatever is in it",
    shows="what is shown of (a message after|the) odd frames: wanted",
)
class FramesAreNotValidated(Edited):
    file = "frames.js"
    old = """\
export function frameComplaint(frame, protocol) {
"""
    new = """\
export function frameComplaint(frame, protocol) {
  if (reached()) return null;
"""
