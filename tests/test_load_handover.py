"""What Locust's process is told: the target as it is, its people, and no secret where others can read it."""

from __future__ import annotations

import asyncio
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from load import profiles
from load.handover import document, hand_over, people_needed
from protocol import spec, target
from protocol.mint import Minter
from protocol.target import SECRET_VARIABLE, Memory, Target

SPEC = spec.load()
HEAD = """
name = "the \\"target\\" of Zoë\\u007f"
base_url = "https://chat.example:8443/api"
profiles = ["core", "auth", "ice", "slo"]
user_claim = "userId"
csrf = "none"
address_header = "X-Test-Address"
[delivery]
bearer = { encrypted = true }
[origins]
allowed = ["https://app.example"]
[paths]
getOffer = "/v2/offer/{roomId}"
[timeouts]
request_s = 3.5
"""
WAYS = {
    "secret": '[tokens]\nsecret = "a secret of the tests"\niss = "https://iss.example"\n',
    "command": '[tokens]\ncommand = ["node", "mint token.js"]\n',
    "list": "[[tokens.list]]\ntoken = 'a'\nuser = 'x'\ncsrf = 'c'\n[[tokens.list]]\ntoken = 'd'\nuser = 'y'",
}


def handed(text: str, folder: Path, *, count: int = 0, memory: Memory | None = None) -> tuple[Target, Any]:
    given = target.parse(text, "target.toml", SPEC)
    with Minter(SPEC, given) as minter:
        told = asyncio.run(hand_over(given, minter, count, folder, memory, "abcdef"))
    env = {SECRET_VARIABLE: told.secret} if told.secret is not None else {}
    file = Path(told.words[told.words.index("--target-file") + 1])
    return target.load(file, SPEC, env), given


@pytest.mark.parametrize("way", WAYS)
def test_it_is_the_same_target(way: str, tmp_path: Path) -> None:
    found, given = handed(HEAD + WAYS[way], tmp_path)
    assert found == given


@pytest.mark.parametrize("way", WAYS)
def test_of_a_target_that_says_little_too(way: str, tmp_path: Path) -> None:
    found, given = handed('base_url = "http://127.0.0.1:1"\n' + WAYS[way], tmp_path)
    assert found == given


def test_a_secret_is_in_no_file(tmp_path: Path) -> None:
    handed(HEAD + WAYS["secret"], tmp_path)
    assert b"a secret of the tests" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_it_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    handed(HEAD + WAYS["list"], tmp_path)
    assert stat.S_IMODE((tmp_path / "target.toml").stat().st_mode) == 0o600


def test_tokens_of_our_issuer_go_as_a_list(tmp_path: Path) -> None:
    found, given = handed(HEAD + "[tokens.issuer]\nport = 0\n", tmp_path, count=3)
    people = found.tokens.given
    assert [one.user for one in people] == ["load_abcdef_0", "load_abcdef_1", "load_abcdef_2"]
    assert len({one.token for one in people}) == 3
    assert replace(found, tokens=given.tokens) == given


def test_where_its_memory_is_read_goes_along(tmp_path: Path) -> None:
    assert handed(HEAD + WAYS["secret"], tmp_path, memory=Memory(pid=7))[0].memory == Memory(pid=7)
    url = Memory(metrics_url="http://127.0.0.1:9/metrics")
    assert handed(HEAD + WAYS["secret"], tmp_path, memory=url)[0].memory == url


def test_what_is_of_a_browser_is_left_out() -> None:
    text = HEAD.replace('"slo"]', '"slo", "widget", "peer"]') + '[widget]\nurl = "/chat"\n' + WAYS["secret"]
    given = target.parse(text, "target.toml", SPEC)
    assert document(given, (), None)["profiles"] == ["core", "auth", "ice", "slo"]


@pytest.mark.parametrize("name", profiles.names())
def test_there_are_people_enough_for_each_profile(name: str) -> None:
    """Everybody has a person, whoever invites brings another, and nobody's budget is spent twice."""
    profile = profiles.find(name, SPEC)
    least = profile.most_users + profile.users["party"]
    assert least <= people_needed(profile, SPEC) <= 10 * least
    assert people_needed(profile.lasting(3 * 3600), SPEC) > people_needed(profile, SPEC)
