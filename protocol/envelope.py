"""The encrypted answer: seals a body for the holder of a token, and opens one. Pure functions.

What an envelope must look like is the schema's business; this opens whatever holds salt, iv and data.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from protocol.spec import Spec


class EnvelopeError(Exception):
    """The envelope cannot be opened; the message says why."""


def seal(
    spec: Spec,
    token: str,
    plaintext: bytes,
    *,
    salt: bytes | None = None,
    iv: bytes | None = None,
    now: float | None = None,
    key: bytes | None = None,
) -> dict[str, Any]:
    """The envelope around `plaintext`. `salt` and `iv` are for test vectors; `now` is in epoch seconds.

    `key` is what `derive` gave for this token and `salt`, where it is known already.
    """
    settings = spec.policy["envelope"]
    salt = os.urandom(settings["salt_bytes"]) if salt is None else salt
    iv = os.urandom(settings["iv_bytes"]) if iv is None else iv
    key = derive(spec, token, salt) if key is None else key
    sealed = AESGCM(key).encrypt(iv, plaintext, None)
    when = datetime.fromtimestamp(time.time() if now is None else now, UTC)
    return {
        "version": settings["version"],
        "encrypted": True,
        "algorithm": settings["algorithm"],
        "iv": _encode(iv),
        "salt": _encode(salt),
        "tokenHash": token_hash(token),
        "data": _encode(sealed),
        "timestamp": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def open_(
    spec: Spec,
    token: str,
    envelope: Mapping[str, Any],
    derived: Callable[[Spec, str, bytes], bytes] | None = None,
) -> bytes:
    """The plain text inside. Raises EnvelopeError where this token does not open it.

    `derived` takes the place of `derive` where keys are remembered.
    """
    settings = spec.policy["envelope"]
    salt = _decode(envelope, "salt", settings["salt_bytes"])
    iv = _decode(envelope, "iv", settings["iv_bytes"])
    data = _decode(envelope, "data")
    if len(data) < settings["tag_bytes"]:
        raise EnvelopeError(
            f"data: expected at least the tag of {settings['tag_bytes']} bytes, got {len(data)}"
        )
    try:
        return AESGCM((derived or derive)(spec, token, salt)).decrypt(iv, data, None)
    except InvalidTag:
        raise EnvelopeError("data: does not decrypt with this token") from None


def derive(spec: Spec, token: str, salt: bytes) -> bytes:
    """The key of this token and salt. Takes tens of milliseconds on purpose; other threads run meanwhile."""
    settings = spec.policy["envelope"]
    # Not hashlib's, which takes twice as long: a run has hundreds of envelopes.
    key = PBKDF2HMAC(hashes.SHA256(), settings["key_bytes"], salt, settings["kdf_rounds"])
    return key.derive(token.encode())


def token_hash(token: str) -> str:
    """What `tokenHash` of an envelope for this token must be."""
    return hashlib.sha256(token.encode()).hexdigest()


def from_base64(text: str) -> bytes:
    """The bytes of standard base64 with its padding. Raises EnvelopeError."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise EnvelopeError("expected standard base64 with its padding") from None


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(envelope: Mapping[str, Any], name: str, length: int | None = None) -> bytes:
    value = envelope.get(name)
    if not isinstance(value, str):
        raise EnvelopeError(f"{name}: expected standard base64, got {type(value).__name__}")
    try:
        data = from_base64(value)
    except EnvelopeError as error:
        raise EnvelopeError(f"{name}: {error}") from None
    if length is not None and len(data) != length:
        raise EnvelopeError(f"{name}: expected {length} bytes, got {len(data)}")
    return data
