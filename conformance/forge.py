"""Crafted tokens, and what the harness's own issuer can be made to do: rotate its keys, go away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from protocol import tokens
from protocol.issuer import Issuer
from protocol.mint import Minter, MintError


class Forge:
    """Makes the tokens that the auth checks send. Raises MintError where the target file gives no key."""

    def __init__(self, minter: Minter) -> None:
        self._minter = minter

    def craft(self, user_id: str, header: dict[str, Any] | None = None, **edits: Any) -> str:
        """A well-signed token whose claims (tokens.ABSENT removes one) and header members are edited."""
        return self._minter.signer.sign(self._minter.claims(user_id, **edits), header)

    def craft_unknown(self, user_id: str) -> str:
        """A token of a key that was never published, under a kid never seen before."""
        return self._issuer.unpublished_signer().sign(self._minter.claims(user_id))

    def rotate(self) -> None:
        """Publishes a new key; from now on tokens are signed with it."""
        self._issuer.rotate()

    @contextmanager
    def outage(self) -> Iterator[None]:
        """While it lasts the issuer refuses connections."""
        self._issuer.stop_serving()
        try:
            yield
        finally:
            self._issuer.resume()

    def public_key(self) -> RSAPrivateKey:
        """The key whose public half a confused server may take for a secret (made up without an issuer)."""
        issuer = self._minter.issuer
        return issuer.signer.key if issuer is not None else tokens.new_key()

    @property
    def _issuer(self) -> Issuer:
        if self._minter.issuer is None:
            raise MintError("the target's tokens do not come from our own issuer")
        return self._minter.issuer
