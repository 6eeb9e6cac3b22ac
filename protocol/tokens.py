"""Makes tokens: good ones by a signer, and the bad ones that checks send. It never verifies one.

Everything is built by hand from RFC 7515: libraries rightly refuse to make most of what is needed here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol.marks import mark
from protocol.spec import Spec

Claims = dict[str, Any]


class _Absent:
    """The type of ABSENT."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()  # as an edit: leaves the claim or header member out


class TokenError(ValueError):
    """What should be a token is none; the message says how."""


class Signer(Protocol):
    """Signs claims with one key. `header_edits` change the header, never how it is signed."""

    @property
    def alg(self) -> str: ...

    @property
    def kid(self) -> str | None: ...

    def sign(self, claims: Mapping[str, Any], header_edits: Mapping[str, Any] | None = None) -> str: ...


@dataclass(frozen=True)
class SecretSigner:
    """HS256 with a shared secret."""

    secret: bytes = field(repr=False)
    kid: str | None = None
    alg: str = "HS256"

    def sign(self, claims: Mapping[str, Any], header_edits: Mapping[str, Any] | None = None) -> str:
        signed = _signing_input(_header(self, header_edits), claims)
        return f"{signed}.{_mac(self.secret, signed)}"


@dataclass(frozen=True)
class KeySigner:
    """RS256 with a private key."""

    key: rsa.RSAPrivateKey = field(repr=False)
    kid: str | None = None
    alg: str = "RS256"

    def sign(self, claims: Mapping[str, Any], header_edits: Mapping[str, Any] | None = None) -> str:
        signed = _signing_input(_header(self, header_edits), claims)
        signature = self.key.sign(signed.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encode(signature)}"


def new_key() -> rsa.RSAPrivateKey:
    """A new RSA key of 2048 bits; takes some tenths of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def claims(
    spec: Spec,
    user_id: str,
    *,
    issuer: str | None = None,
    audience: str | None = None,
    user_claim: str = "customerId",
    csrf: str | None = None,
    now: float | None = None,
    lifetime: int | None = None,
    **edits: Any,
) -> Claims:
    """The claims of a good token of this user, then the edits; an edit of ABSENT removes a claim.

    `iss` and `aud` are there only where given: libraries refuse an audience that nobody asked for.
    """
    issued = int(time.time() if now is None else now)
    lasts = spec.timings["access_token_lifetime"] if lifetime is None else lifetime
    made: Claims = {
        "sub": user_id,
        "iss": ABSENT if issuer is None else issuer,
        "aud": ABSENT if audience is None else audience,
        "iat": issued,
        "exp": issued + lasts,
        "jti": mark(),
        "csrf": secrets.token_hex(16) if csrf is None else csrf,
        user_claim: user_id,
        **edits,
    }
    return {name: value for name, value in made.items() if value is not ABSENT}


def peek(token: str) -> tuple[Claims, Claims]:
    """Header and claims of a token, its signature unseen. Raises TokenError."""
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenError(f"a token has three parts joined by dots, this has {len(parts)}")
    found = []
    for name, part in zip(("header", "payload"), parts, strict=False):
        try:
            value = json.loads(decode(part))
        except (ValueError, RecursionError):
            raise TokenError(f"the {name} of the token is not JSON in base64url") from None
        if not isinstance(value, dict):
            raise TokenError(f"the {name} of the token is not a JSON object")
        found.append(value)
    return found[0], found[1]


# -- crafted tokens, each one fault away from a good one


def unsigned(
    claims: Mapping[str, Any], alg: str = "none", header_edits: Mapping[str, Any] | None = None
) -> str:
    """A token of this `alg` whose signature is empty."""
    header = {"alg": alg, "typ": "JWT", **(header_edits or {})}
    return _signing_input(header, claims) + "."


def tampered(token: str) -> str:
    """The same token with another signature, of the same length and alphabet."""
    head, dot, signature = token.rpartition(".")
    if not dot or not signature:
        raise TokenError("a token without a signature cannot be tampered with")
    other = "B" if signature[0] == "A" else "A"
    return f"{head}.{other}{signature[1:]}"


def resigned(token: str, secret: bytes, alg: str = "HS256", kid: str | None = None) -> str:
    """The claims of this token under an HS256 MAC made with `secret`; the header says `alg`.

    With the text of a public key as the secret this is the algorithm confusion.
    """
    return SecretSigner(secret, kid).sign(peek(token)[1], {"alg": alg})


def public_forms(key: rsa.RSAPrivateKey) -> dict[str, bytes]:
    """The public key as the bytes that a confused server may take for its secret, by name."""
    public = key.public_key()
    spki = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "PEM": spki,
        "PEM without its last line break": spki.rstrip(b"\n"),
        "PKCS 1 PEM": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "modulus": _number(public.public_numbers().n),
    }


def jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, str]:
    """The public key as a member of a JWKS."""
    numbers = key.public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": kid,
        "n": encode(_number(numbers.n)),
        "e": encode(_number(numbers.e)),
    }


# -- base64url without padding


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Raises ValueError where the text is no base64url."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def encode_json(value: object) -> str:
    """Compact JSON in base64url: how header and payload are written."""
    return encode(
        json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    )


def _header(signer: Signer, edits: Mapping[str, Any] | None) -> Claims:
    made = {
        "alg": signer.alg,
        "typ": "JWT",
        "kid": ABSENT if signer.kid is None else signer.kid,
        **(edits or {}),
    }
    return {name: value for name, value in made.items() if value is not ABSENT}


def _signing_input(header: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    return f"{encode_json(header)}.{encode_json(payload)}"


def _mac(secret: bytes, signed: str) -> str:
    return encode(hmac.new(secret, signed.encode("ascii"), hashlib.sha256).digest())


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
