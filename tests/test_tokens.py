"""Tokens as checks need them: good ones that another library accepts, and bad ones with exactly one fault."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import OctKey, RSAKey

from protocol import spec, tokens
from protocol.tokens import ABSENT, KeySigner, SecretSigner, TokenError

SPEC = spec.load()
SECRET = b"a shared secret that is long enough for joserfc"
SIGNER = SecretSigner(SECRET)
KEY = tokens.new_key()


def test_a_token_has_the_claims_of_the_protocol() -> None:
    made = tokens.claims(SPEC, "alice", issuer="https://i", audience="parley", now=1000.9)
    assert {**made, "jti": "", "csrf": ""} == {
        "sub": "alice",
        "iss": "https://i",
        "aud": "parley",
        "iat": 1000,
        "exp": 1000 + SPEC.timings["access_token_lifetime"],
        "jti": "",
        "csrf": "",
        "customerId": "alice",
    }
    again = tokens.claims(SPEC, "alice", now=1000)
    assert (again["jti"], again["csrf"]) != (made["jti"], made["csrf"])


def test_issuer_and_audience_are_there_only_where_given() -> None:
    assert not {"iss", "aud"} & set(tokens.claims(SPEC, "alice"))


def test_edits_set_and_remove_claims() -> None:
    made = tokens.claims(SPEC, "alice", user_claim="userId", exp=ABSENT, nbf=7, lifetime=5, csrf="c")
    assert "exp" not in made
    assert (made["nbf"], made["userId"], made["csrf"]) == (7, "alice", "c")
    assert "customerId" not in made


def test_joserfc_accepts_an_hs256_token() -> None:
    claims = tokens.claims(SPEC, "alice")
    found = jwt.decode(SIGNER.sign(claims), OctKey.import_key(SECRET), algorithms=["HS256"])
    assert found.claims == claims
    assert found.header == {"alg": "HS256", "typ": "JWT"}


def test_joserfc_accepts_an_rs256_token_by_its_published_key() -> None:
    claims = tokens.claims(SPEC, "alice")
    public = RSAKey.import_key(tokens.jwk(KEY, "k1"))
    found = jwt.decode(KeySigner(KEY, "k1").sign(claims), public, algorithms=["RS256"])
    assert found.claims == claims
    assert found.header["kid"] == "k1"
    assert "d" not in tokens.jwk(KEY, "k1")


def test_header_edits_change_the_header_and_not_how_it_is_signed() -> None:
    token = SIGNER.sign({"sub": "a"}, {"alg": "HS512", "typ": ABSENT, "kid": "x"})
    assert tokens.peek(token)[0] == {"alg": "HS512", "kid": "x"}
    head, _, signature = token.rpartition(".")
    assert tokens.decode(signature) == hmac.new(SECRET, head.encode(), hashlib.sha256).digest()


def test_an_unsigned_token_has_three_parts_and_no_signature() -> None:
    token = tokens.unsigned({"customerId": "a"})
    assert tokens.peek(token) == ({"alg": "none", "typ": "JWT"}, {"customerId": "a"})
    assert token.endswith(".")
    assert tokens.peek(tokens.unsigned({}, "nOnE", {"kid": "k"}))[0] == {
        "alg": "nOnE",
        "typ": "JWT",
        "kid": "k",
    }


@pytest.mark.parametrize("signer", [SIGNER, KeySigner(KEY, "k")])
def test_tampering_changes_the_signature_only(signer: tokens.Signer) -> None:
    good = signer.sign(tokens.claims(SPEC, "alice"))
    bad = tokens.tampered(good)
    assert bad.rpartition(".")[0] == good.rpartition(".")[0]
    signatures = [tokens.decode(token.rpartition(".")[2]) for token in (good, bad)]
    assert signatures[0] != signatures[1]
    assert len(signatures[0]) == len(signatures[1])
    key = OctKey.import_key(SECRET) if signer.alg == "HS256" else RSAKey.import_key(tokens.jwk(KEY, "k"))
    with pytest.raises(BadSignatureError):
        jwt.decode(bad, key, algorithms=[signer.alg])


def test_only_a_signed_token_can_be_tampered_with() -> None:
    with pytest.raises(TokenError, match="without a signature"):
        tokens.tampered(tokens.unsigned({}))


def test_algorithm_confusion_is_an_hmac_by_the_text_of_the_public_key() -> None:
    good = KeySigner(KEY, "k").sign({"customerId": "alice"})
    forms = tokens.public_forms(KEY)
    assert forms["PEM"].startswith(b"-----BEGIN PUBLIC KEY-----")
    assert len(set(forms.values())) == len(forms)
    for secret in forms.values():
        bad = tokens.resigned(good, secret, kid="k")
        assert tokens.peek(bad) == ({"alg": "HS256", "typ": "JWT", "kid": "k"}, {"customerId": "alice"})
        head, _, signature = bad.rpartition(".")
        assert tokens.decode(signature) == hmac.new(secret, head.encode(), hashlib.sha256).digest()


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("a.b", "has 2"),
        ("a.b.c.d", "has 4"),
        ("!.!.!", "header of the token is not JSON"),
        (f"{tokens.encode(b'[]')}.e30.", "header of the token is not a JSON object"),
        ("e30.xx.", "payload of the token is not JSON"),
        (f"e30.{tokens.encode(b'[' * 100_000)}.", "payload of the token is not JSON"),
    ],
)
def test_what_is_no_token_is_said(token: str, said: str) -> None:
    with pytest.raises(TokenError, match=said):
        tokens.peek(token)


def test_no_secret_is_shown() -> None:
    assert "shared secret" not in repr(SIGNER)
    assert "RSA" not in repr(KeySigner(KEY, "k"))


def test_payloads_are_compact_utf8() -> None:
    payload = tokens.decode(SIGNER.sign({"n": "ü", "x": [1, 2]}).split(".")[1])
    assert payload == '{"n":"ü","x":[1,2]}'.encode()
    assert json.loads(payload) == {"n": "ü", "x": [1, 2]}
