"""State that is changed before anybody is asked who they are."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.bodies import parse_object
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Refusal
from reference_server.requests import Request
from reference_server.routes import Call, Route


@mutant(
    "AUTH-12",
    "a leave without a token takes the user of its body out before it is refused",
    shows=r"after refused writes: wanted \{\}; got .*participantCount",
)
class LeaveIsDoneBeforeTheTokenIsChecked(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        try:
            return await super()._identity(request, route, bearer)
        except Refusal:
            if route.name == "leaveRoom":
                fields = parse_object(request.body)
                if "userId" in fields:
                    self.reached()
                    route.handler(Call(fields["userId"], fields, {}, {}))
            raise
