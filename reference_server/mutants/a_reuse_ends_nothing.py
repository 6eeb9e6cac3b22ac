"""The thief who was first keeps the session."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.sessions import Session, Sessions


@mutant(
    "OTP-9",
    "a reused refresh token is refused and the session goes on",
    shows="after another of its session was reused: wanted 401; got 200",
)
class AReuseEndsNothing(Reaching, Sessions):
    def of(self, token: str) -> Session | None:
        session = self._by_key.get(token.partition(".")[0])
        found = super().of(token)
        if found is None and session is not None:
            self.reached()
            self._by_key[session.key] = session
            self._keys[session.id] = session.key
        return found
