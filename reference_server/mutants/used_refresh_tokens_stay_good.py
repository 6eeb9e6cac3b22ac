"""The new one is handed out and the old one forgotten about."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.sessions import Session, Sessions


@mutant(
    "OTP-9",
    "a refresh token that was used works again",
    shows="a reused refresh token: wanted 401; got 200",
)
class UsedRefreshTokensStayGood(Reaching, Sessions):
    def rotate(self, session: Session) -> str:
        token = super().rotate(session)
        self._handed: dict[str, Session] = {**getattr(self, "_handed", {}), token: session}
        return token

    def of(self, token: str) -> Session | None:
        handed: dict[str, Session] = getattr(self, "_handed", {})
        session = handed.get(token)
        if session is None or session.key not in self._by_key:
            return None
        before = session.digest
        if super().of(token) is None:
            self.reached()
            self._by_key[session.key] = session
            self._keys[session.id] = session.key
            session.digest = before
        return session
