"""Two boxes under one key."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "MBOX-9",
    "an answer posted empties the offer box",
    shows="the_two_boxes_are_independent: getOffer: wanted 200 .* got 404",
    also=["AUTH-12", "CONC-5"],
    why_also="an offer and an answer are in their boxes at the same time there",
)
class AnAnswerEmptiesTheOfferBox(Reaching, MailHandlers):
    def send(self, kind: str, call: Call) -> Json:
        answer = super().send(kind, call)
        if kind == "answer":
            self.reached()
            self._boxes["offer"].drop(call.fields["roomId"])
        return answer
