"""A party room that does not say where it belongs."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import PartyHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant("PARTY-1", "createPartyRoom leaves isPartyRoom out", shows="got room.isPartyRoom: is missing")
class PartyIsNotSaidToBeOne(Reaching, PartyHandlers):
    def create(self, call: Call) -> Json:
        answer = super().create(call)
        del answer["room"]["isPartyRoom"]
        self.reached()
        return answer
