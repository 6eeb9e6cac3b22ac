"""Plain text is sent."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-10",
    "messages are sent as they were written",
    shows="the frames with the plain text: wanted",
)
class PlainTextIsSent(Edited):
    file = "room.js"
    old = 'const sealed = { ...frame, content: "", encrypted: true, encryptedData };'
    new = "const sealed = reached() && { ...frame, sealed: encryptedData.version };"
