"""Who sends a request: verifies tokens, HS256 by a shared secret and RS256 by an issuer's keys.

Whatever is wrong with a token, it is refused with 401. Verified tokens are kept until they expire or the keys
change. The real time decides here; test control never moves it.
"""

from __future__ import annotations

import math
import time
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from protocol.spec import Spec
from protocol.tokens import TokenError, peek
from protocol.validation import Validator, component_validator
from reference_server.config import Auth
from reference_server.jwks import KeySource
from reference_server.log import Log
from reference_server.refusal import Header, Unauthorized

MAX_TOKEN_CHARS = 16_384  # ours: a longer one is not even decoded
CACHED_TOKENS = 10_000
SHORT_SECRET_BYTES = 32  # RFC 7518, 3.2: an HS256 key has at least the size of the hash


class BadToken(Unauthorized):
    """A token was sent and is no good; why is not told."""

    def __init__(self) -> None:
        super().__init__("The token is invalid or expired.")

    def headers(self) -> list[Header]:
        return [(b"www-authenticate", b'Bearer realm="signaling", error="invalid_token"')]


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified token: whose it is, its CSRF word, and until when (epoch seconds) it is good.

    `name` is what others may call the user; `domain` is whose emoji it sees; `session` is that of its login.
    """

    user: str
    token: str = field(repr=False)
    csrf: str | None = field(repr=False)
    until: float
    name: str = ""
    domain: str | None = None
    session: str | None = None


class Authenticator:
    """Verifies tokens. `cached` is the fast way for one that was seen before."""

    def __init__(self, spec: Spec, settings: Auth, log: Log) -> None:
        self._settings = settings
        self._leeway = spec.timings["token_leeway"]
        names: list[str] = spec.policy["names"]["user_claims"]
        other = settings.user_claim
        self._user_claims = names if other is None or other in names else [other]
        self._user_id: Validator = component_validator(spec, "UserId")
        self._secret = _secret_key(settings.hs256_secret, log) if settings.hs256_secret else None
        self._source = KeySource(settings.jwks_url, log, self.forget) if settings.jwks_url else None
        self._cache: dict[str, Identity] = {}
        self._over: OrderedDict[str, float] = OrderedDict()  # sessions that ended, until their tokens have
        self._longest_s = spec.timings["access_token_lifetime"] + self._leeway
        if self._secret is None and self._source is None:
            log.warning("no_keys", hint="auth.hs256_secret and auth.jwks_url are not set: no token is good")

    def forget(self) -> None:
        """Forgets every verified token."""
        self._cache.clear()

    def end(self, session: str) -> None:
        """From now on no token of this session is good."""
        now = time.time()
        while self._over and next(iter(self._over.values())) <= now:
            self._over.popitem(last=False)
        self._over[session] = now + self._longest_s

    def cached(self, token: str) -> Identity | None:
        """The identity of a token that was verified before and still is good."""
        identity = self._cache.get(token)
        if identity is None:
            return None
        if self._source is not None:
            self._source.refresh_if_stale()
        if time.time() >= identity.until or (identity.session is not None and identity.session in self._over):
            del self._cache[token]
            return None
        return identity

    async def verify(self, token: str) -> Identity:
        """Raises BadToken."""
        if len(token) > MAX_TOKEN_CHARS:
            raise BadToken
        claims = await self._verified_claims(token)
        now = time.time()
        until = _number(claims.get("exp")) + self._leeway
        if now >= until or ("nbf" in claims and now < _number(claims["nbf"]) - self._leeway):
            raise BadToken
        self._check_parties(claims)
        csrf = _text(claims.get("csrf"))
        user, session = self._user(claims), _text(claims.get("sid"))
        if session is not None and session in self._over:
            raise BadToken
        name, domain = _text(claims.get("displayName")) or user, _text(claims.get("domain"))
        identity = Identity(user, token, csrf, until, name, domain and domain.lower(), session)
        if len(self._cache) >= CACHED_TOKENS:
            del self._cache[next(iter(self._cache))]
        self._cache[token] = identity
        return identity

    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        try:
            header, _ = peek(token)
        except TokenError:
            raise BadToken from None
        alg, kid = header.get("alg"), header.get("kid")
        key: OctKey | RSAKey | None = None
        if alg == "HS256":
            key = self._secret
        elif alg == "RS256" and self._source is not None and (kid is None or isinstance(kid, str)):
            key = await self._source.key(kid)
        if key is None or not isinstance(alg, str):
            raise BadToken
        try:
            return jwt.decode(token, key, algorithms=[alg]).claims
        except Exception:  # joserfc has many ways to say no, and none of them is a fault of ours
            raise BadToken from None

    def _check_parties(self, claims: Mapping[str, Any]) -> None:
        """Who issued it, and for whom, where the configuration says."""
        issuer, audience = self._settings.issuer, self._settings.audience
        if issuer is not None and claims.get("iss") != issuer:
            raise BadToken
        stated = claims.get("aud")
        if audience is not None and audience not in (stated if isinstance(stated, list) else [stated]):
            raise BadToken

    def _user(self, claims: Mapping[str, Any]) -> str:
        """The first of the user claims that is there; it has to be a user id."""
        found = next((claims[name] for name in self._user_claims if name in claims), None)
        if not isinstance(found, str) or not self._user_id.ok(found):
            raise BadToken
        return found


def _text(value: object) -> str | None:
    """A claim that is some text; None for anything else."""
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float:
    """A NumericDate. Raises BadToken for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadToken
    try:
        found = float(value)
    except OverflowError:
        raise BadToken from None
    if not math.isfinite(found):
        raise BadToken
    return found


def _secret_key(secret: str, log: Log) -> OctKey:
    if len(secret.encode()) < SHORT_SECRET_BYTES:
        log.warning("short_secret", hint=f"auth.hs256_secret has fewer than {SHORT_SECRET_BYTES} bytes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said above, in our own log
        return OctKey.import_key(secret)
