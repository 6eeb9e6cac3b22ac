"""Messages are shown as html."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-4",
    "the text of a message becomes markup",
    shows="what is shown of markup in messages: wanted",
)
class MessagesAreShownAsHtml(Edited):
    file = "item.js"
    old = 'element("div", { className: "chat-message" }, ...content(text))'
    new = 'element("div", { className: "chat-message", innerHTML: reached() && text })'
