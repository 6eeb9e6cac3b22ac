"""Sessions: who is logged in, and which refresh token is the one that is good now. No I/O, no HTTP.

A refresh token is the session's key and a secret that changes with each use, joined by a dot. Only the hash
of the newest secret is kept: another one under a known key was used before, or stolen, and ends the session.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from reference_server.clock import Clock

MOST = 50_000  # sessions kept at once; beyond it the oldest end
SWEPT_AT_ONCE = 16  # ended sessions forgotten per new one


@dataclass(slots=True)
class Session:
    """A login. `id` stands in its access tokens, `key` in its refresh tokens only; `csrf` is one for all."""

    id: str
    key: str = field(repr=False)
    email: str = field(repr=False)
    csrf: str = field(repr=False)
    ends: int  # epoch milliseconds
    digest: bytes = field(default=b"", repr=False)


class Sessions:
    """All sessions. `on_end` is told the id of each that is ended before its time."""

    def __init__(self, clock: Clock, lifetime_s: int, on_end: Callable[[str], None]) -> None:
        self._clock = clock
        self._lifetime_ms = lifetime_s * 1000
        self._on_end = on_end
        # All live equally long from their login, so they are in the order in which they end.
        self._by_key: OrderedDict[str, Session] = OrderedDict()
        self._keys: dict[str, str] = {}  # by id

    def clear(self) -> None:
        """Ends every session."""
        for session in list(self._by_key.values()):
            self.end(session.id)

    def open(self, email: str) -> tuple[Session, str]:
        """A new session and its refresh token."""
        self._sweep(self._clock.now_ms())
        session = Session(
            id=secrets.token_hex(8),
            key=secrets.token_urlsafe(24),
            email=email,
            csrf=secrets.token_hex(16),
            ends=self._clock.now_ms() + self._lifetime_ms,
        )
        self._by_key[session.key] = session
        self._keys[session.id] = session.key
        return session, self.rotate(session)

    def of(self, token: str) -> Session | None:
        """The session of a good refresh token. One that was rotated away ends its session."""
        key, _, secret = token.partition(".")
        session = self._by_key.get(key)
        if session is None:
            return None
        if self._clock.now_ms() >= session.ends or not hmac.compare_digest(_digest(secret), session.digest):
            self.end(session.id)
            return None
        return session

    def named(self, session_id: str | None) -> Session | None:
        """The session of this id."""
        return self._by_key.get(self._keys.get(session_id or "", ""))

    def rotate(self, session: Session) -> str:
        """A new refresh token; the one before it is worth nothing from now on."""
        secret = secrets.token_urlsafe(24)
        session.digest = _digest(secret)
        return f"{session.key}.{secret}"

    def end(self, session_id: str) -> None:
        """The session is over; one that is not there was over before."""
        key = self._keys.pop(session_id, None)
        if key is not None:
            del self._by_key[key]
            self._on_end(session_id)

    def __len__(self) -> int:
        return len(self._by_key)

    def _sweep(self, now: int) -> None:
        for _ in range(SWEPT_AT_ONCE):
            session = next(iter(self._by_key.values()), None)
            if session is None or (session.ends > now and len(self._by_key) < MOST):
                return
            self.end(session.id)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
