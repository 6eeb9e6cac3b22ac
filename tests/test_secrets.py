"""No token, cookie, CSRF value, credential or shared secret ends up in a file, in a log or on the terminal.

The real values are known here: a proxy beside the run has seen them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from score_kit import SECRET, Scored, hostile, score
from server_kit import ServerProcess

from protocol import tokens
from protocol.spec import load

SPEC = load()
ORIGIN = "https://good.example"
TURN_SECRET = "the shared secret of TURN in these tests"
JWT_LIKE = re.compile(rb"eyJ[\w-]{8,}\.[\w-]{8,}")
RUNS = re.compile(rb"[A-Za-z0-9_+/=-]{16,}")  # of characters that secrets are made of
SEEN = {
    "token": re.compile(rb"(?:Bearer |auth_token=)([\w-]{8,}\.[\w-]{8,}\.[\w-]{8,})", re.IGNORECASE),
    "refresh": re.compile(rb"refresh_token=[\w-]{16,}\.([\w-]{16,})"),
    "credential": re.compile(rb'"credential": ?"([^"]{16,})"'),
}


def seen(recorded: bytes) -> set[bytes]:
    """The secrets that went over the wire: of a token its signature (the rest alone opens nothing) and its
    csrf claim, of a refresh token what is behind the dot, and TURN credentials.
    """
    found = {*SEEN["credential"].findall(recorded), *SEEN["refresh"].findall(recorded)}
    for token in set(SEEN["token"].findall(recorded)):
        found.add(token.rsplit(b".", 1)[-1])
        try:
            found.add(str(tokens.peek(token.decode())[1].get("csrf", "")).encode())
        except tokens.TokenError:
            pass  # one of those that are meant to be garbage
    return {value for value in found if len(value) >= 16}


def places(done: Scored, log: Iterable[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Everything that a run leaves behind."""
    for path in sorted(path for path in done.folder.rglob("*") if path.is_file()):
        yield path.name, path.read_bytes()
    yield "the terminal", (done.out + done.err).encode()
    yield "the server's log", "\n".join(log).encode()


def leaks(text: bytes, secrets: set[bytes]) -> list[bytes]:
    """The secrets that occur in the text. Looks at every stretch of their lengths: there are thousands."""
    lengths = {len(secret) for secret in secrets}
    found: set[bytes] = set()
    for run in set(RUNS.findall(text)):
        for length in lengths:
            for start in range(len(run) - length + 1):
                if run[start : start + length] in secrets:
                    found.add(run[start : start + length])
    return sorted(found)


def test_the_search_itself_finds_what_is_there() -> None:
    secret = b"c2VjcmV0LXNpZ25hdHVyZS1vZi1hLXRva2Vu"
    assert leaks(b'{"a": "x' + secret + b'y"}', {secret}) == [secret]
    assert leaks(b'{"a": "' + secret[:-1] + b'"}', {secret}) == []
    token = tokens.SecretSigner(SECRET.encode()).sign(tokens.claims(SPEC, "ann"))
    signature, csrf = token.rsplit(".")[-1], tokens.peek(token)[1]["csrf"]
    assert seen(f"Cookie: auth_token={token}\r\n".encode()) == {signature.encode(), csrf.encode()}
    assert JWT_LIKE.search(token.encode())


CONFIG = {
    "auth": {"hs256_secret": SECRET},
    "cors": {"allowed_origins": [ORIGIN]},
    "encryption": {"enabled": True},
    "turn": {"urls": ["turn:127.0.0.1:3478?transport=udp"], "secret": TURN_SECRET},
    "test_control": {"enabled": True},
}


def target_file(folder: Path, url: str, source: str, more: str = "") -> str:
    path = folder / "target.toml"
    path.write_text(
        f'base_url = "{url}"\n{more}[tokens]\n{source}\n[origins]\nallowed = ["{ORIGIN}"]\n'
        "[delivery]\nbearer = { encrypted = true }\ncookie = { encrypted = false }\n",
        encoding="utf-8",
    )
    return str(path)


def test_a_whole_run_spills_nothing(tmp_path: Path) -> None:
    tape = tmp_path / "tape"
    folder = tmp_path / "server"
    folder.mkdir()
    with ServerProcess(folder, CONFIG) as server:
        upstream = server.url.removeprefix("http://")
        with hostile("tap", "--upstream", upstream, "--record", str(tape)) as url:
            file = target_file(tmp_path, url, f'secret = "{SECRET}"', "test_control = true\n")
            done = score(tmp_path / "run", "--target-file", file)
    assert done.code == 0, done.out
    secrets = seen(tape.read_bytes())
    assert len(secrets) > 500, "the tape has the tokens of many people"
    kinds = {name: len(pattern.findall(tape.read_bytes())) for name, pattern in SEEN.items()}
    assert all(kinds.values()), kinds
    for place, text in places(done, server.lines):
        assert SECRET.encode() not in text, place
        assert TURN_SECRET.encode() not in text, place
        assert not JWT_LIKE.search(text), place
        assert not leaks(text, secrets), place
    assert b"token" in (done.folder / "run.jsonl").read_bytes(), "they are there by their pseudonyms"


def test_a_target_that_tells_what_it_is_told_spills_nothing_into_the_reports(tmp_path: Path) -> None:
    tape = tmp_path / "tape"
    with hostile("echoes", "--record", str(tape)) as url:
        file = target_file(tmp_path, url, f'secret = "{SECRET}"')
        profiles = ("core", "csrf")
        chosen = [word for name in profiles for word in ("--profile", name)]
        done = score(tmp_path / "run", "--target-file", file, "--max-wait", "0", *chosen)
    assert done.code == 1
    secrets = seen(tape.read_bytes())
    assert len(secrets) > 100
    assert "«alice token»" in (done.folder / "run.jsonl").read_text(encoding="utf-8")
    for place, text in places(done):
        assert SECRET.encode() not in text, place
        assert not JWT_LIKE.search(text), place
        assert not leaks(text, secrets), place


@pytest.mark.parametrize("behaviour", ["echoes", "server-error"])
def test_tokens_of_a_list_spill_nowhere(behaviour: str, tmp_path: Path) -> None:
    signer = tokens.SecretSigner(SECRET.encode())
    given = {user: signer.sign(tokens.claims(SPEC, user)) for user in ("ann", "ben")}
    opaque, csrf = "opaque-0123456789-abcdefghij-klmnop", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    listed = "".join(f'[[tokens.list]]\ntoken = "{token}"\n' for token in given.values())
    listed += f'[[tokens.list]]\ntoken = "{opaque}"\nuser = "cyd"\ncsrf = "{csrf}"\n'
    path = tmp_path / "target.toml"
    with hostile(behaviour) as url:
        path.write_text(f'base_url = "{url}"\nprofiles = ["core"]\n{listed}', encoding="utf-8")
        done = score(tmp_path / "run", "--target-file", str(path), "--max-wait", "0")
    for place, text in places(done):
        for secret in (*given.values(), opaque, csrf):
            assert secret.encode() not in text, place
            assert secret.rsplit(".", 1)[-1].encode() not in text, place
