"""Mints the access tokens of a login: HS256 by the server's own secret, which signaling verifies by."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from protocol.spec import Spec
from protocol.tokens import SecretSigner, claims
from reference_server.config import Auth
from reference_server.sessions import Session

ID_CHARS = 32  # of the user's id behind its prefix


@dataclass(frozen=True)
class Minted:
    """An access token, whose it is, and when it was made and ends (epoch seconds)."""

    token: str
    user: str
    lifetime_s: int
    ends: int


class Mint:
    """Makes tokens. A user's id follows from the address and the secret, so no list of accounts is kept."""

    def __init__(self, spec: Spec, settings: Auth) -> None:
        assert settings.hs256_secret is not None, "the assembly sees to it"
        self._spec = spec
        self._settings = settings
        self._secret = settings.hs256_secret.encode("utf-8")
        self._claim: str = settings.user_claim or spec.policy["names"]["user_claims"][0]
        self._lifetime_s = spec.timings["access_token_lifetime"]

    def mint(self, session: Session) -> Minted:
        """A token of this session."""
        user = self.user(session.email)
        made = claims(
            self._spec,
            user,
            issuer=self._settings.issuer,
            audience=self._settings.audience,
            user_claim=self._claim,
            lifetime=self._lifetime_s,
            **self.own_claims(session, user),
        )
        return Minted(SecretSigner(self._secret).sign(made), user, self._lifetime_s, made["exp"])

    def own_claims(self, session: Session, user: str) -> dict[str, Any]:
        """The claims that a login adds to what every token has."""
        return {
            "csrf": session.csrf,
            "sid": session.id,
            "domain": session.email.rpartition("@")[2],
            "displayName": f"Guest {user[-6:]}",
        }

    def user(self, email: str) -> str:
        """The id of whoever has this address; it tells nothing of it."""
        digest = hmac.new(self._secret, f"user {email}".encode(), hashlib.sha256).hexdigest()
        return f"cust_{digest[:ID_CHARS]}"
