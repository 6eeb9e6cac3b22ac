"""The JWKS issuer over real sockets: served, rotated, unknown kid, outage and return on the same port."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from protocol import tokens
from protocol.issuer import Issuer, IssuerError


@pytest.fixture(scope="module")
def key() -> Any:
    return tokens.new_key()


@pytest.fixture
def issuer(key: Any) -> Iterator[Issuer]:
    with Issuer(kid="first", key=key) as serving:
        yield serving


def _fetch(issuer: Issuer) -> Any:
    with urllib.request.urlopen(issuer.jwks_url, timeout=60) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        return json.loads(answer.read())


def _verified(issuer: Issuer, token: str) -> Any:
    return jwt.decode(token, KeySet.import_key_set(_fetch(issuer)), algorithms=["RS256"]).claims


def test_the_published_keys_verify_the_signers_tokens(issuer: Issuer) -> None:
    assert issuer.jwks_url == f"http://127.0.0.1:{issuer.port}/.well-known/jwks.json"
    assert issuer.signer.kid == "first"
    assert _verified(issuer, issuer.signer.sign({"sub": "alice"})) == {"sub": "alice"}


def test_only_public_parts_are_served(issuer: Issuer) -> None:
    (entry,) = _fetch(issuer)["keys"]
    assert set(entry) == {"kty", "use", "alg", "kid", "n", "e"}


def test_a_rotation_publishes_a_new_key_beside_the_old(issuer: Issuer) -> None:
    old = issuer.signer
    new = issuer.rotate()
    assert issuer.signer is new
    assert new.kid != old.kid
    assert [entry["kid"] for entry in _fetch(issuer)["keys"]] == [old.kid, new.kid]
    for signer in (old, new):
        assert _verified(issuer, signer.sign({"sub": "bob"})) == {"sub": "bob"}


def test_an_unpublished_key_is_known_to_nobody(issuer: Issuer) -> None:
    hidden = [issuer.unpublished_signer() for _ in range(2)]
    assert len({signer.kid for signer in hidden}) == 2
    published = {entry["kid"] for entry in _fetch(issuer)["keys"]}
    assert not published & {signer.kid for signer in hidden}
    with pytest.raises((JoseError, ValueError)):
        _verified(issuer, hidden[0].sign({"sub": "mallory"}))
    # Not the kid alone makes it foreign: under a published kid its signature is wrong.
    with pytest.raises(JoseError):
        _verified(issuer, hidden[0].sign({"sub": "mallory"}, {"kid": "first"}))


def test_in_an_outage_connections_are_refused_and_it_returns_on_the_same_port(issuer: Issuer) -> None:
    before = _fetch(issuer)
    port = issuer.port
    issuer.stop_serving()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)
    issuer.rotate()
    issuer.resume()
    assert issuer.port == port
    assert _fetch(issuer)["keys"][0] == before["keys"][0]
    assert len(_fetch(issuer)["keys"]) == 2


def test_an_outage_does_not_wait_for_a_client_that_holds_its_connection(issuer: Issuer) -> None:
    with socket.create_connection(("127.0.0.1", issuer.port), timeout=60) as idle:
        issuer.stop_serving()
        issuer.resume()
        assert _fetch(issuer)["keys"]
        idle.close()


def test_other_paths_are_not_found(issuer: Issuer) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(issuer.url + "/", timeout=60)
    assert caught.value.code == 404
    caught.value.close()


def test_fetches_are_counted(issuer: Issuer) -> None:
    assert issuer.fetches == 0
    _fetch(issuer)
    assert issuer.fetches == 1


def test_a_taken_port_is_said(issuer: Issuer, key: Any) -> None:
    with pytest.raises(
        IssuerError, match=f"cannot serve on 127.0.0.1 port {issuer.port}: Address already in use"
    ):
        Issuer(port=issuer.port, key=key).start()


def test_after_the_context_nothing_listens(key: Any) -> None:
    with Issuer(key=key) as issuer:
        port = issuer.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)
