"""Tokens against a running server: what is believed, by secret and by an issuer's keys, and what is not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from server_kit import CONFIG, SECRET, SPEC, Person, ServerProcess

from protocol import tokens
from protocol.envelope import EnvelopeError, open_
from protocol.issuer import Issuer
from protocol.probes import garbage_tokens
from protocol.validation import component_validator, response_validator

SIGNER = tokens.SecretSigner(SECRET.encode())
ISS, AUD = "https://issuer.test", "parley-test"
LEEWAY = SPEC.timings["token_leeway"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    config = {**CONFIG, "encryption": {"enabled": True}}
    with ServerProcess(tmp_path_factory.mktemp("server"), config) as running:
        yield running


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module")
def other(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that believes the issuer."""
    auth = {"jwks_url": issuer.jwks_url, "issuer": ISS, "audience": AUD}
    with ServerProcess(tmp_path_factory.mktemp("server"), {**CONFIG, "auth": auth}) as running:
        yield running


def claims(**edits: Any) -> dict[str, Any]:
    return tokens.claims(SPEC, "alice", **edits)


def status(server: ServerProcess, token: str) -> int:
    """What listing rooms with it answers, by bearer and by cookie alike."""
    bearer, cookie = (Person(server.url, "", token, cookie=cookie) for cookie in (False, True))
    found = bearer.call("listRooms").status
    assert cookie.call("listRooms").status == found
    return found


def test_a_good_token_is_believed_time_and_again(server: ServerProcess) -> None:
    token = SIGNER.sign(claims())
    assert [status(server, token) for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(
    "edits",
    [
        {"exp": tokens.ABSENT},
        {"exp": "4000000000"},
        {"exp": True},
        {"exp": None},
        {"exp": float("inf")},
        {"exp": 10**400},
        {"nbf": "0"},
        {"customerId": tokens.ABSENT},
        {"customerId": ""},
        {"customerId": None},
        {"customerId": 7},
        {"customerId": "no spaces"},
        {"customerId": "a\n"},
        {"customerId": "a" * 256},
        {"customerId": ["alice"]},
    ],
    ids=str,
)
def test_bad_claims_are_401(server: ServerProcess, edits: dict[str, Any]) -> None:
    assert status(server, SIGNER.sign(claims(**edits))) == 401


@pytest.mark.parametrize(
    "edits",
    [
        {"customerId": tokens.ABSENT, "userId": "old-name"},
        {"aud": ["other", AUD], "iss": "anybody"},
        {"customerId": "a" * 255},
        {"csrf": tokens.ABSENT},
    ],
    ids=str,
)
def test_unusual_claims_are_fine(server: ServerProcess, edits: dict[str, Any]) -> None:
    assert status(server, SIGNER.sign(claims(**edits))) == 200


@pytest.mark.parametrize(
    ("name", "seconds", "wanted"),
    [("exp", -LEEWAY - 5, 401), ("nbf", LEEWAY + 60, 401), ("exp", 100.5, 200), ("nbf", -5, 200)],
)
def test_times_are_judged_with_some_leeway(
    server: ServerProcess, name: str, seconds: float, wanted: int
) -> None:
    assert status(server, SIGNER.sign(claims(**{name: int(time.time()) + seconds}))) == wanted


def test_the_first_user_claim_counts(server: ServerProcess) -> None:
    token = SIGNER.sign(claims(userId="bob"))
    person = Person(server.url, "alice", token, cookie=True, csrf=str(tokens.peek(token)[1]["csrf"]))
    assert person.create().body["room"]["broadcasterId"] == "alice"


def test_wrongly_signed_tokens_are_401(server: ServerProcess) -> None:
    token = SIGNER.sign(claims())
    assert status(server, token) == 200
    bad = {
        "tampered": tokens.tampered(token),
        "another secret": tokens.SecretSigner(b"another").sign(claims()),
        "none": tokens.unsigned(claims()),
        "None": tokens.unsigned(claims(), alg="None"),
        "HS512 said": tokens.resigned(token, SECRET.encode(), alg="HS512"),
        "no alg": SIGNER.sign(claims(), {"alg": tokens.ABSENT}),
        "alg a list": SIGNER.sign(claims(), {"alg": ["HS256"]}),
        "RS256 said": tokens.resigned(token, SECRET.encode(), alg="RS256"),
        "unknown crit": SIGNER.sign(claims(), {"crit": ["x"], "x": 1}),
        "no signature": token.rpartition(".")[0] + ".",
        "very long": SIGNER.sign(claims(padding="x" * 100_000)),
    }
    assert {name: status(server, one) for name, one in bad.items()} == dict.fromkeys(bad, 401)


def test_garbage_is_401(server: ServerProcess) -> None:
    for garbage in garbage_tokens(SPEC):
        assert status(server, garbage.value) == 401, garbage.name
    for text in ("", "é", "a" * 17_000, ". .", "null"):
        header = {"Authorization": f"Bearer {text}"}
        answer = Person(server.url, "", None, headers=header).call("listRooms")
        assert (answer.status, "invalid_token" in str(answer.header("www-authenticate"))) == (401, True)


def test_a_token_in_the_query_is_none(server: ServerProcess) -> None:
    path = SPEC.operation("listRooms").path
    for name in ("token", "access_token", "auth_token", "jwt"):
        assert server.nobody().get(f"{path}?{name}={SIGNER.sign(claims())}").status == 401


def test_the_scheme_has_any_case_and_nothing_else(server: ServerProcess) -> None:
    token = SIGNER.sign(claims())
    for header, expected in ((f"bEARER  {token}", 200), (f"Token {token}", 401), (token, 401)):
        person = Person(server.url, "", None, headers={"Authorization": header})
        assert person.call("listRooms").status == expected


# -- an issuer's keys


def signed(signer: tokens.Signer, **edits: Any) -> str:
    return signer.sign(claims(**{"iss": ISS, "aud": AUD, **edits}))


def test_an_issuers_keys(issuer: Issuer, other: ServerProcess) -> None:
    first = signed(issuer.signer)
    assert status(other, first) == 200
    assert status(other, signed(issuer.signer, iss="https://evil.test")) == 401
    assert status(other, signed(issuer.signer, iss=tokens.ABSENT)) == 401
    assert status(other, signed(issuer.signer, aud="other")) == 401
    assert status(other, signed(issuer.signer, aud=["other", AUD])) == 200
    assert status(other, signed(issuer.unpublished_signer())) == 401
    assert status(other, tokens.tampered(first)) == 401
    for name, form in tokens.public_forms(issuer.signer.key).items():
        confused = tokens.resigned(first, form, kid=issuer.signer.kid)
        assert status(other, confused) == 401, name
    assert status(other, SIGNER.sign(claims(iss=ISS, aud=AUD))) == 401


def test_a_rotated_key_is_believed_soon_and_the_old_one_still(issuer: Issuer, other: ServerProcess) -> None:
    old = issuer.signer
    assert status(other, signed(old)) == 200
    new = issuer.rotate()
    until = time.monotonic() + 60
    while (found := status(other, signed(new))) != 200 and time.monotonic() < until:
        time.sleep(0.1)
    assert found == 200
    assert status(other, signed(old)) == 200


def test_in_an_outage_known_keys_go_on(issuer: Issuer, other: ServerProcess) -> None:
    assert status(other, signed(issuer.signer)) == 200
    issuer.stop_serving()
    try:
        assert status(other, signed(issuer.unpublished_signer())) == 401
        time.sleep(1.1)  # past the cool-down, so that a fetch is tried and fails
        assert status(other, signed(issuer.unpublished_signer())) == 401
        assert status(other, signed(issuer.signer)) == 200
    finally:
        issuer.resume()


def test_an_issuer_that_is_away_from_the_start_is_no_server_error(issuer: Issuer, tmp_path: Any) -> None:
    auth = {"jwks_url": "http://127.0.0.1:9/none", "issuer": ISS}
    with ServerProcess(tmp_path, {**CONFIG, "auth": auth}) as running:
        assert status(running, signed(issuer.signer)) == 401
        assert running.nobody().call("health").status == 200


# -- sealed answers


def test_bearer_answers_are_sealed_and_others_are_not(server: ServerProcess) -> None:
    header = SPEC.policy["envelope"]["header"]
    alice, bob = server.person("alice"), server.person("bob")
    for operation in ("listRooms", "health"):
        answer = alice.call(operation)
        assert (answer.status, answer.header(header)) == (200, "true")
        assert component_validator(SPEC, "Envelope").problems(answer.body) == []
        opened = open_(SPEC, str(alice.token), answer.body)
        assert response_validator(SPEC, operation).problems(json.loads(opened)) == []
        with pytest.raises(EnvelopeError):
            open_(SPEC, str(bob.token), answer.body)
        assert answer.header_values("content-type") == ["application/json"]
    again = alice.call("listRooms").body
    assert again["salt"] != alice.call("listRooms").body["salt"]
    plain = (
        server.person("alice", cookie=True).call("listRooms"),
        alice.get("/nothing"),
        server.nobody().call("health"),
        Person(server.url, "", "garbage").call("health"),
    )
    for answer in plain:
        assert answer.header(header) == "false"
        assert "encrypted" not in answer.body
