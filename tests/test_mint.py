"""The minter, by each way that a target file can give tokens."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

from protocol import spec, target, tokens
from protocol.issuer import Issuer
from protocol.mint import Minted, Minter, MintError
from protocol.tokens import ABSENT

SPEC = spec.load()
SECRET = "a secret of these tests, long enough for joserfc"
HEAD = 'base_url = "http://127.0.0.1:1"\n'
BY_SECRET = f'[tokens]\nsecret = "{SECRET}"\n'


def minter_of(text: str, **more: Any) -> Minter:
    return Minter(SPEC, target.parse(HEAD + text, "target.toml", SPEC, {}), **more)


def person(minter: Minter, name: str = "alice") -> Minted:
    return asyncio.run(minter.person(name))


def token_of(user: str, **claims: Any) -> str:
    return tokens.SecretSigner(b"theirs").sign({"customerId": user, **claims})


# -- by a secret


def test_a_person_gets_a_token_signed_with_the_secret() -> None:
    minter = minter_of(BY_SECRET + 'iss = "i"\naud = "a"\n')
    alice = person(minter)
    claims = jwt.decode(alice.token, OctKey.import_key(SECRET), algorithms=["HS256"]).claims
    assert (claims["customerId"], claims["iss"], claims["aud"]) == ("alice", "i", "a")
    assert (alice.user_id, alice.csrf) == ("alice", claims["csrf"])
    assert (minter.can_craft, minter.capacity, minter.issuer) == (True, None, None)


def test_claims_can_be_edited() -> None:
    minter = minter_of(BY_SECRET)
    claims = tokens.peek(minter.mint("alice", exp=ABSENT, nbf=5))[1]
    assert "exp" not in claims
    assert claims["nbf"] == 5
    assert "iss" not in claims


def test_the_user_id_stands_in_the_claim_that_the_target_file_names() -> None:
    claims = tokens.peek(person(minter_of('user_claim = "userId"\n' + BY_SECRET)).token)[1]
    assert claims["userId"] == "alice"
    assert "customerId" not in claims


def test_without_csrf_a_person_has_none() -> None:
    assert person(minter_of('profiles = ["core"]\ncsrf = "none"\n' + BY_SECRET)).csrf is None


def test_a_token_outlives_the_longest_wait() -> None:
    lifetime = SPEC.timings["access_token_lifetime"]
    for outlive in (0, 3605.5):
        claims = tokens.peek(person(minter_of(BY_SECRET, outlive=outlive)).token)[1]
        assert claims["exp"] - claims["iat"] == lifetime + int(outlive)


# -- by our issuer


def test_tokens_of_our_issuer_verify_by_its_published_keys_while_it_runs() -> None:
    with minter_of('[tokens.issuer]\nport = 0\niss = "i"\naud = "a"\nkid = "k"\n') as minter:
        assert minter.issuer is not None
        with urllib.request.urlopen(minter.issuer.jwks_url, timeout=60) as answer:
            keys = KeySet.import_key_set(json.loads(answer.read()))
        first = jwt.decode(person(minter).token, keys, algorithms=["RS256"])
        assert (first.header["kid"], first.claims["iss"], first.claims["aud"]) == ("k", "i", "a")
        minter.issuer.rotate()
        assert tokens.peek(person(minter).token)[0]["kid"] != "k"
        port = minter.issuer.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)


def test_an_issuer_that_is_given_is_used_and_left_running() -> None:
    with Issuer() as issuer:
        with minter_of("[tokens.issuer]\nport = 0\n", issuer=issuer) as minter:
            assert minter.signer is issuer.signer
        socket.create_connection(("127.0.0.1", issuer.port), timeout=60).close()


def test_a_taken_port_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(MintError, match=rf"port {port}: .* \(tokens.issuer of the target file\)"):
            minter_of(f"[tokens.issuer]\nport = {port}\n").__enter__()


# -- from a list


def test_a_list_gives_each_token_to_one_person_and_says_when_there_are_no_more() -> None:
    listed = [token_of("ann", csrf="c1"), token_of("ben")]
    minter = minter_of(f"[tokens]\nlist = {json.dumps(listed)}\n")
    assert (minter.capacity, minter.can_craft) == (2, False)
    assert [person(minter), person(minter)] == [
        Minted("ann", listed[0], "c1"),
        Minted("ben", listed[1], None),
    ]
    with pytest.raises(MintError, match=r"more users at once than the 2 that tokens\.list"):
        person(minter)
    minter.release("ann")
    assert person(minter).user_id == "ann"


def test_a_list_says_what_the_token_does_not() -> None:
    minter = minter_of('[tokens]\nlist = [{ token = "opaque", user = "ann", csrf = "c" }]\n')
    assert person(minter) == Minted("ann", "opaque", "c")


def test_a_listed_token_that_does_not_say_its_user_is_named() -> None:
    with pytest.raises(MintError, match=r"tokens\.list\[0\]: the token has no claim customerId"):
        person(minter_of('[tokens]\nlist = ["opaque"]\n'))


def test_two_listed_tokens_of_one_user_are_not_two_persons() -> None:
    listed = [token_of("ann"), token_of("ann", jti="2")]
    minter = minter_of(f"[tokens]\nlist = {json.dumps(listed)}\n")
    person(minter)
    with pytest.raises(
        MintError, match=r"tokens\.list\[1\]: expected a token of another user, got a second of ann"
    ):
        person(minter)


def test_a_listed_token_of_another_user_than_said_is_refused() -> None:
    listed = f'[{{ token = "{token_of("ann")}", user = "ben" }}]'
    with pytest.raises(MintError, match="the token for ben is another user's: its claim customerId says ann"):
        person(minter_of(f"[tokens]\nlist = {listed}\n"))


@pytest.mark.parametrize("text", ['list = ["a.b.c"]', 'command = "mint"'])
def test_without_a_key_nothing_is_crafted(text: str) -> None:
    minter = minter_of(f"[tokens]\n{text}\n")
    assert not minter.can_craft
    with pytest.raises(MintError, match=r"tokens come from tokens\.(list|command) .* gives no signing key"):
        minter.mint("alice", exp=1)


# -- by a command


def script(tmp_path: Path, body: str) -> str:
    """A [tokens] table whose command runs this Python with the user id as its last argument."""
    file = tmp_path / "mint tokens.py"
    file.write_text("import sys, time\nuser = sys.argv[-1]\n" + body, encoding="utf-8")
    return f"[tokens]\ncommand = {json.dumps([sys.executable, str(file)])}\n"


def test_a_command_mints_once_for_each_user(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    token = token_of("alice", csrf="c")
    minter = minter_of(script(tmp_path, f"open({str(calls)!r}, 'a').write(user + ' ')\nprint({token!r})\n"))
    assert person(minter) == person(minter) == Minted("alice", token, "c")
    assert calls.read_text() == "alice "
    assert (minter.capacity, minter.can_craft) == (None, False)


def test_a_command_written_as_text_is_split_and_run_without_a_shell(tmp_path: Path) -> None:
    file = tmp_path / "mint.py"
    file.write_text("import sys\nprint('-'.join(sys.argv[1:]))\n", encoding="utf-8")
    minter = minter_of(f"[tokens]\ncommand = '''{sys.executable} {file} \"a b\" ;'''\n")
    with pytest.raises(MintError, match="printed 11 characters"):  # `a b-;-alice`: two words, no token
        person(minter)


def test_commands_run_beside_each_other_and_not_in_the_loop(tmp_path: Path) -> None:
    minter = minter_of(script(tmp_path, "time.sleep(0.5)\nprint('token-of-' + user)\n"))

    async def three() -> tuple[list[Minted], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.02)

        ticking = asyncio.create_task(tick())
        found = await asyncio.gather(*(minter.person(name) for name in ("ann", "ben", "cid")))
        ticking.cancel()
        return list(found), ticks

    found, ticks = asyncio.run(three())
    assert [minted.token for minted in found] == ["token-of-ann", "token-of-ben", "token-of-cid"]
    assert ticks > 3, "the loop stood still while the commands ran"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit('no such tenant')", r"ended with 1: no such tenant"),
        ("sys.exit(3)", r"ended with 3: it said nothing"),
        ("pass", r"printed 0 characters; expected one token and nothing else"),
        ("print('two words')", r"printed 9 characters; expected one token"),
        ("print('tökén')", r"printed \d characters; expected one token"),
        ("sys.stdout.buffer.write(b'\\xff\\xfe')", r"could not be run: its output is not text"),
    ],
)
def test_what_a_command_does_wrong_is_said(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(MintError, match=rf"^tokens\.command of the target file \(.*\) {said}") as caught:
        person(minter_of(script(tmp_path, body)))
    assert "\n" not in str(caught.value)


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(MintError, match=r"no token within 0.3 s \(timeouts.command_s\)"):
        person(minter_of(script(tmp_path, "time.sleep(3600)\n") + "[timeouts]\ncommand_s = 0.3\n"))
    assert time.monotonic() - started < 120


def test_a_command_that_is_not_there_is_said() -> None:
    with pytest.raises(MintError, match=r"\(no-such-command-here\) could not be run: No such file"):
        person(minter_of('[tokens]\ncommand = ["no-such-command-here"]\n'))


def test_what_looks_like_a_secret_is_not_repeated(tmp_path: Path) -> None:
    leaked = token_of("alice")
    with pytest.raises(MintError) as caught:
        person(minter_of(script(tmp_path, f"sys.exit('bad key: {leaked}')")))
    assert leaked not in str(caught.value)
    assert "bad key: ..." in str(caught.value)


def test_no_repr_shows_a_token() -> None:
    alice = person(minter_of(BY_SECRET))
    assert alice.token not in repr(alice)
    assert alice.csrf is not None
    assert alice.csrf not in repr(alice)
