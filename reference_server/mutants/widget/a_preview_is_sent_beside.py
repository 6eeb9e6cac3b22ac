"""A preview is sent beside."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-10",
    "a sealed message carries its text once more, as a preview",
    shows="the frames with the plain text: wanted",
)
class APreviewIsSentBeside(Edited):
    file = "room.js"
    old = '{ ...frame, content: "", encrypted: true, encryptedData };'
    new = '{ ...frame, content: "", preview: reached() && text, encrypted: true, encryptedData };'
