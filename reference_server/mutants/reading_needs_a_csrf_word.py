"""A guard for those who only look."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "CSRF-6",
    "reading an offer by cookie needs X-CSRF-Token",
    shows="getOffer: wanted 200 .* got 403 .*X-CSRF-Token",
    also=[
        "MBOX-1",
        "MBOX-2",
        "MBOX-6",
        "MBOX-7",
        "MBOX-8",
        "MBOX-9",
        "MBOX-10",
        "MBOX-12",
        "MBOX-13",
        "AUTH-12",
        "AUTH-14",
        "VAL-7",
        "VAL-18",
        "CSRF-5",
        "CORS-8",
        "CONC-1",
        "PRIV-2",
        "CONC-5",
    ],
    why_also="they read an offer by cookie",
)
class ReadingNeedsACsrfWord(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        if bearer is None and route.name == "getOffer" and identity is not None:
            self.reached()
            sent = request.headers.get(self._names.csrf_header)
            self._checks.csrf.check(identity, sent, foreign=False)
        return super()._checked(request, route, params, bearer, identity)
