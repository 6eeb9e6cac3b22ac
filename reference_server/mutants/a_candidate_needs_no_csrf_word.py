"""A route that was added later, and left off the list of guarded ones."""

from __future__ import annotations

from dataclasses import replace

from reference_server.app import App, Reply
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "CSRF-1",
    "candidates and invitations need no CSRF word",
    shows=r"\[sendCandidate]: sendCandidate: wanted 403; got 200",
    also=["CSRF-2"],
    why_also="where none is needed, a wrong one will do",
)
class ACandidateNeedsNoCsrfWord(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        if route.name in ("sendCandidate", "inviteToPartyRoom") and bearer is None:
            self.reached()
            route = replace(route, guarded=False)
        return super()._checked(request, route, params, bearer, identity)
