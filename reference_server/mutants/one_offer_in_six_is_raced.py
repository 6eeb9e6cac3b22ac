"""A race that shows now and then."""

from __future__ import annotations

import json
from collections import Counter
from typing import ClassVar

from reference_server.app import Reply
from reference_server.auth import Identity
from reference_server.mutants import mutant
from reference_server.mutants.reads_are_raced import ReadsAreRaced
from reference_server.requests import Request
from reference_server.routes import Route

ONE_IN = 6


@mutant(
    "CONC-1",
    "of the offers of a room every sixth is read, and taken out a moment later",
    shows="reads_of_an_offer_one_gets_it: .* reads at once of one offer",
    also=["CONC-5"],
    why_also="offers are read at once there too",
)
class OneOfferInSixIsRaced(ReadsAreRaced):
    """By count, not by chance: whoever plays six rounds in a room meets it, and nobody in fewer."""

    _sent: ClassVar[Counter[str]] = Counter()

    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        reply = super()._checked if self._raced(route, params) else super(ReadsAreRaced, self)._checked
        made = reply(request, route, params, bearer, identity)
        if route.name == "sendOffer":
            self._sent[json.loads(request.body)["roomId"]] += 1
        return made

    def _raced(self, route: Route, params: dict[str, str]) -> bool:
        return route.name == "getOffer" and self._sent[params["roomId"]] % ONE_IN == ONE_IN - 1
