"""A stack in place of a queue."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import IceHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "ICE-5",
    "candidates come newest first",
    shows=r"the candidates since the cursor: wanted \['candidate:\S+ 1 udp \d+ \S+ 50003 .*"
    r"; got \['candidate:\S+ 1 udp \d+ \S+ 50004 ",
)
class CandidatesComeBackwards(Reaching, IceHandlers):
    def get(self, call: Call) -> Json:
        answer = super().get(call)
        if len(answer["candidates"]) > 1:
            self.reached()
        return {**answer, "candidates": answer["candidates"][::-1]}
