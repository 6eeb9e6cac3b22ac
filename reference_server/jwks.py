"""The keys of an issuer, fetched from its JWKS URL and kept. What tokens they make good auth.py decides.

An unknown key id triggers a fetch, at most one at a time and one in a while; in an outage the keys that
are kept go on working.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import RSAKey

from reference_server.log import Log

FETCH_TIMEOUT_S = 3.0
COOL_DOWN_S = 1.0  # between two fetches: so unknown key ids cannot make us hammer the issuer
MAX_AGE_S = 300.0  # after that the keys are fetched anew while the old ones still serve
MAX_BYTES = 1_000_000


class KeySource:
    """The RS256 keys behind one URL, by key id. `on_change` is called when they are others than before."""

    def __init__(self, url: str, log: Log, on_change: Callable[[], None]) -> None:
        self._url = url
        self._log = log
        self._on_change = on_change
        self._keys: dict[str | None, RSAKey] = {}
        self._published: dict[str | None, dict[str, Any]] = {}
        self._fetching: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self.stale_at = 0.0

    async def key(self, kid: str | None) -> RSAKey | None:
        """The key of this id, fetched if need be; without an id the only key there is."""
        found = self._find(kid)
        if found is None:
            await self._refresh()
            found = self._find(kid)
        return found

    def refresh_if_stale(self) -> None:
        """Starts a fetch in the background where the keys have grown old."""
        if time.monotonic() >= self.stale_at:
            self._start()

    def _find(self, kid: str | None) -> RSAKey | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        task = self._start()
        if task is not None:
            await asyncio.shield(task)

    def _start(self) -> asyncio.Task[None] | None:
        """The running fetch, or a new one, or None during the cool-down."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        if time.monotonic() < self._not_before:
            return None
        self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            published = await asyncio.to_thread(_download, self._url)
        except (OSError, ValueError, RecursionError) as error:
            self._log.warning("jwks_unreachable", type=type(error).__name__)
            self.stale_at = time.monotonic() + COOL_DOWN_S
            return
        finally:
            self._not_before = time.monotonic() + COOL_DOWN_S
        self.stale_at = time.monotonic() + MAX_AGE_S
        if published != self._published:
            self._keys = {kid: RSAKey.import_key(jwk) for kid, jwk in published.items()}
            self._published = published
            self._log.info("jwks_fetched", keys=len(self._keys))
            self._on_change()


def _download(url: str) -> dict[str | None, dict[str, Any]]:
    """The usable keys at the URL, by id. Raises OSError or ValueError."""
    opener = urllib.request.build_opener()
    if urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost"):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=FETCH_TIMEOUT_S) as response:
        raw = response.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ValueError("the JWKS is too large")
    document = json.loads(raw)
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise ValueError("the JWKS has no list of keys")
    found: dict[str | None, dict[str, Any]] = {}
    for jwk in keys:
        if not isinstance(jwk, dict) or not _usable(jwk):
            continue
        kid = jwk.get("kid")
        if kid is None or isinstance(kid, str):
            found[kid] = {"kty": "RSA", "n": jwk["n"], "e": jwk["e"]}
    return found


def _usable(jwk: dict[str, Any]) -> bool:
    """An RSA key for signatures, that can be read. Others belong to somebody else."""
    if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
        return False
    try:
        RSAKey.import_key({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
    except Exception:  # whatever a library makes of a malformed key, it is none for us
        return False
    return True
