"""Tokens and envelopes against a second implementation: Node's WebCrypto, as checked-in data and alive."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from protocol import envelope, spec, tokens
from protocol.envelope import EnvelopeError
from protocol.issuer import Issuer
from protocol.tokens import KeySigner, SecretSigner

FOLDER = Path(__file__).parent / "vectors"
SPEC = spec.load()
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node is not installed")


def _read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


TOKENS = _read("tokens.json")
ENVELOPES = _read("envelope.json")
VECTORS = ENVELOPES["vectors"]


def _node(script: str, *arguments: str, given: Any = None) -> str:
    assert NODE is not None
    return subprocess.run(
        [NODE, str(FOLDER / script), *arguments],
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    ).stdout


@pytest.mark.parametrize("vector", TOKENS["hs256"]["tokens"])
def test_an_hs256_token_of_node_is_ours_to_the_byte(vector: Any) -> None:
    signer = SecretSigner(TOKENS["hs256"]["secret"].encode())
    assert signer.sign(vector["claims"]) == vector["token"]
    assert tokens.peek(vector["token"]) == ({"alg": "HS256", "typ": "JWT"}, vector["claims"])


@pytest.mark.parametrize("vector", TOKENS["rs256"]["tokens"])
def test_an_rs256_token_of_node_is_ours_to_the_byte(vector: Any) -> None:
    key = RSAKey.import_key(TOKENS["rs256"]["private_jwk"]).private_key
    assert KeySigner(key, TOKENS["rs256"]["kid"]).sign(vector["claims"]) == vector["token"]


def test_the_published_key_is_the_one_that_node_exported() -> None:
    private = TOKENS["rs256"]["private_jwk"]
    key = RSAKey.import_key(private).private_key
    published = tokens.jwk(key, "k")
    assert {name: published[name] for name in ("kty", "n", "e")} == {
        name: private[name] for name in ("kty", "n", "e")
    }


@pytest.mark.parametrize("vector", VECTORS)
def test_an_envelope_of_node_opens(vector: Any) -> None:
    assert envelope.open_(SPEC, vector["token"], vector["envelope"]).decode() == vector["plaintext"]


@pytest.mark.parametrize("vector", VECTORS)
def test_sealing_gives_the_envelope_of_node(vector: Any) -> None:
    found = envelope.seal(
        SPEC,
        vector["token"],
        vector["plaintext"].encode(),
        salt=envelope.from_base64(vector["envelope"]["salt"]),
        iv=envelope.from_base64(vector["envelope"]["iv"]),
        now=ENVELOPES["epoch_seconds"],
    )
    assert found == vector["envelope"]
    assert envelope.derive(SPEC, vector["token"], envelope.from_base64(found["salt"])).hex() == vector["key"]


def test_another_token_does_not_open_it() -> None:
    with pytest.raises(EnvelopeError, match=r"^data: does not decrypt with this token$"):
        envelope.open_(SPEC, "another", VECTORS[0]["envelope"])


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"salt": None}, "salt: expected standard base64, got NoneType"),
        ({"salt": "AAAA"}, "salt: expected 16 bytes, got 3"),
        ({"iv": "AAAA"}, "iv: expected 12 bytes, got 3"),
        ({"iv": "______________=="}, "iv: expected standard base64 with its padding"),
        ({"data": "AAAA"}, "data: expected at least the tag of 16 bytes, got 3"),
        ({"data": "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "data: does not decrypt"),
        ({"data": ["x"]}, "data: expected standard base64, got list"),
    ],
)
def test_what_is_wrong_with_an_envelope_is_said(edit: dict[str, Any], said: str) -> None:
    with pytest.raises(EnvelopeError, match=said):
        envelope.open_(SPEC, VECTORS[0]["token"], {**VECTORS[0]["envelope"], **edit})


def test_salt_and_iv_are_fresh_each_time() -> None:
    first, second = (envelope.seal(SPEC, "token", b"{}") for _ in range(2))
    assert first["salt"] != second["salt"]
    assert first["iv"] != second["iv"]


@needs_node
def test_node_makes_the_checked_in_vectors(tmp_path: Path) -> None:
    _node("make.mjs", str(tmp_path))
    for name in ("tokens.json", "envelope.json", "chain.json"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


@needs_node
def test_node_opens_and_verifies_what_we_make() -> None:
    secret = "a secret with ümlauts 鍵"
    plain = [b'{"success":true}', '{"name":"Ünï 漢字 🙂"}'.encode(), b""]
    with Issuer() as issuer:
        first = issuer.signer
        second = issuer.rotate()
        jwks = issuer.jwks()
        stranger = issuer.unpublished_signer()
    claims = tokens.claims(SPEC, "alice", issuer="i", audience="a", displayName="Ålice 🙂")
    by_secret = SecretSigner(secret.encode()).sign(claims)
    found = json.loads(
        _node(
            "judge.mjs",
            given={
                "envelopes": [
                    {"token": by_secret, "envelope": envelope.seal(SPEC, by_secret, p)} for p in plain
                ],
                "hs256": {
                    "secret": secret,
                    "tokens": [by_secret, tokens.tampered(by_secret), tokens.resigned(by_secret, b"other")],
                },
                "rs256": {
                    "jwks": jwks,
                    "tokens": [
                        first.sign(claims),
                        second.sign(claims),
                        stranger.sign(claims),
                        stranger.sign(claims, {"kid": first.kid}),
                        tokens.tampered(first.sign(claims)),
                    ],
                },
            },
        )
    )
    assert [text.encode() for text in found["plaintexts"]] == plain
    assert found["hs256"] == [claims, None, None]
    assert found["rs256"] == [claims, claims, None, None, None]
