"""A lifetime that is too long."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.offers_live_longer import LivesLonger


@mutant(
    "MBOX-5",
    "unread answers live for ten seconds more than their lifetime",
    shows="an_unread_answer_is_gone_after_its_lifetime: getAnswer: wanted 404; got 200",
    parts=["answers"],
)
class AnswersLiveLonger(LivesLonger):
    pass
