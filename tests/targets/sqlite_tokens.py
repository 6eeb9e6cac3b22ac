"""RS256 tokens by the keys of an issuer's JWKS, for the server beside this file (sqlite_server.py)."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import threading
import time
import urllib.request
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

ISSUER = os.environ.get("ISSUER", "https://issuer.example")
AUDIENCE = os.environ.get("AUDIENCE", "sqlite-signaling")
LEEWAY_S = 60

Json = dict[str, Any]


class Keys:
    """The issuer's public keys by kid. An unknown kid has them fetched again, once a second at most."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._known: dict[str, RSAPublicKey] = {}
        self._fetched = -1.0
        self._lock = threading.Lock()
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def get(self, kid: str) -> RSAPublicKey | None:
        if kid not in self._known:
            with self._lock:
                if kid not in self._known and time.monotonic() - self._fetched >= 1:
                    self._fetch()
        return self._known.get(kid)

    def _fetch(self) -> None:
        self._fetched = time.monotonic()
        try:
            with self._open(self._url, timeout=2) as answer:
                found = json.load(answer)["keys"]
            self._known = {key["kid"]: public_key(key) for key in found if key["kty"] == "RSA"}
        except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
            pass  # the keys that are known go on working


def public_key(key: Json) -> RSAPublicKey:
    n, e = (int.from_bytes(decoded(key[name]), "big") for name in ("n", "e"))
    return RSAPublicNumbers(e, n).public_key()


def decoded(part: str) -> bytes:
    if not re.fullmatch(r"[\w-]+", part, re.ASCII):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def claims_of(token: str, keys: Keys) -> Json | None:
    """The claims of a good token with the acting user as `user`, or None."""
    try:
        head, payload, signature = token.split(".")
        header, claims = json.loads(decoded(head)), json.loads(decoded(payload))
        key = keys.get(header["kid"]) if header["alg"] == "RS256" else None
        if key is None:
            return None
        key.verify(decoded(signature), f"{head}.{payload}".encode(), PKCS1v15(), SHA256())
        user = claims["user"] = claims.get("customerId") or claims.get("userId")
        audience = claims.get("aud")
        starts, ends = claims.get("nbf", 0), claims["exp"]
        good = (
            isinstance(user, str)
            and re.fullmatch(r"[\w-]{1,255}", user, re.ASCII)
            and claims.get("iss") == ISSUER
            and AUDIENCE in (audience if isinstance(audience, list) else [audience])
            and number(ends)
            and number(starts)
            and starts - LEEWAY_S <= time.time() < ends + LEEWAY_S  # never the test clock
        )
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return claims if good else None
