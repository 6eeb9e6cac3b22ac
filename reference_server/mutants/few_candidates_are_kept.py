"""A log that is too short."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import IceHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "ICE-5",
    "only 64 candidates are kept",
    shows=r"the 100 candidates sent: wanted \['candidate:\S+ 1 udp \d+ \S+ 50001 .*"
    r"; got \['candidate:\S+ 1 udp \d+ \S+ 50037 ",
)
class FewCandidatesAreKept(Reaching, IceHandlers):
    def send(self, call: Call) -> Json:
        answer = super().send(call)
        log = self._rooms.find(call.fields["roomId"]).candidates._log
        while len(log) > 64:
            self.reached()
            log.popleft()
        return answer
