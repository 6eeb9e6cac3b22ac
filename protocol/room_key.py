"""The room key and what it seals: messages between peers (protocol section 5). Pure but for fresh bytes.

The envelope is that of the HTTP surface with the key's base64 text in the token's place.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from typing import Any

from protocol import envelope
from protocol.envelope import EnvelopeError
from protocol.spec import Json, Spec

MOST_SALTS = 256  # that keys are derived for: an honest sender has one a session, a flood of them is no talk


def make(spec: Spec) -> str:
    """A new room key: base64 of fresh bytes."""
    return base64.b64encode(os.urandom(spec.asyncapi["x-policy"]["room_key_bytes"])).decode()


def key_hash(room_key: str) -> str:
    """Lowercase hex of the SHA-256 of the key's base64 text."""
    return hashlib.sha256(room_key.encode()).hexdigest()


class Cipher:
    """Seals and opens contents with one room key. Deriving a key takes tens of milliseconds, so what it seals
    has one salt (one sender, one session), and the keys of others are remembered by their salt.
    """

    def __init__(self, spec: Spec, room_key: str) -> None:
        self._spec = spec
        self.room_key = room_key
        self._salt = os.urandom(spec.policy["envelope"]["salt_bytes"])
        self._keys: dict[bytes, bytes] = {}

    def seal(self, content: str) -> Json:
        """The `encryptedData` of a message with this content; the iv is fresh."""
        key = self._key(self._spec, self.room_key, self._salt)
        sealed = envelope.seal(self._spec, self.room_key, content.encode(), salt=self._salt, key=key)
        return {**sealed, "passwordProtected": False}

    def open(self, sealed: Mapping[str, Any]) -> str:
        """The content inside. Raises EnvelopeError where this room key does not open it, or it is no text."""
        plain = envelope.open_(self._spec, self.room_key, sealed, self._key)
        try:
            return plain.decode()
        except UnicodeDecodeError:
            raise EnvelopeError("data: decrypts to something that is no UTF-8 text") from None

    def _key(self, spec: Spec, room_key: str, salt: bytes) -> bytes:
        key = self._keys.get(salt)
        if key is None:
            if len(self._keys) >= MOST_SALTS:
                raise EnvelopeError(f"salt: there were {MOST_SALTS} others already")
            key = self._keys[salt] = envelope.derive(spec, room_key, salt)
        return key
