"""A limit that is one too low."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import IceHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "ICE-5",
    "one candidate less than promised is kept",
    shows=r"the 100 candidates sent: wanted \['candidate:\S+ 1 udp \d+ \S+ 50001 .*"
    r"; got \['candidate:\S+ 1 udp \d+ \S+ 50002 ",
)
class OneCandidateTooFewIsKept(Reaching, IceHandlers):
    def send(self, call: Call) -> Json:
        answer = super().send(call)
        log = self._rooms.find(call.fields["roomId"]).candidates._log
        if len(log) == log.maxlen:
            self.reached()
            log.popleft()
        return answer
