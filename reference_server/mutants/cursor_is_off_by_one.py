"""A cursor that points at what was seen."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import IceHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "ICE-5",
    "the last candidate comes again with the next cursor",
    shows=r"the candidates since the cursor: wanted \['candidate:\S+ 1 udp \d+ \S+ 50003 .*"
    r"; got \['candidate:\S+ 1 udp \d+ \S+ 50002 ",
)
class CursorIsOffByOne(Reaching, IceHandlers):
    def get(self, call: Call) -> Json:
        answer = super().get(call)
        if answer["candidates"] and int(answer["next"]) > 0:
            self.reached()
            return {**answer, "next": str(int(answer["next"]) - 1)}
        return answer
