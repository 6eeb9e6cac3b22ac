"""An error that says what it holds."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Forbidden
from reference_server.routes import Call


@mutant(
    "PRIV-7",
    "the refusal of a stranger quotes the offer in the box",
    shows="what getOffer tells a stranger: wanted nothing with 'mk",
)
class ARefusalQuotesTheOffer(Reaching, MailHandlers):
    def get(self, kind: str, call: Call) -> Json:
        try:
            return super().get(kind, call)
        except Forbidden:
            mail = self._boxes[kind].peek(call.params["roomId"])
            if mail is None:
                raise
            self.reached()
            raise Forbidden(f"Not for you: {mail.text[-60:]}") from None
