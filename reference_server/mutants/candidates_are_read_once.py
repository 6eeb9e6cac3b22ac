"""A log that is a mailbox."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import IceHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "ICE-5",
    "candidates are gone once they were read",
    shows=r"the candidates from the start: wanted .*; got \[\]",
)
class CandidatesAreReadOnce(Reaching, IceHandlers):
    def get(self, call: Call) -> Json:
        answer = super().get(call)
        log = self._rooms.find(call.params["roomId"]).candidates._log
        if log:
            self.reached()
            log.clear()
        return answer
