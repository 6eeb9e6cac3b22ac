"""A token that lives for days and is worth a login each time."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.sessions import Session, Sessions


@mutant(
    "OTP-9",
    "refresh hands the same refresh token out again",
    shows="whether refresh gave the same refresh token again: wanted False; got True",
)
class TheRefreshTokenIsKept(Reaching, Sessions):
    def rotate(self, session: Session) -> str:
        self._first: dict[str, tuple[str, bytes]] = getattr(self, "_first", {})
        if session.id not in self._first:
            self._first[session.id] = (super().rotate(session), session.digest)
        else:
            self.reached()
        token, session.digest = self._first[session.id]
        return token
