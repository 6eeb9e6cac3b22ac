"""A wrong target file: one line names the file, the key, what was expected, and never a secret."""

from __future__ import annotations

import pytest

from protocol import spec, target
from protocol.target import TargetError

SPEC = spec.load()
SECRET = "s3cret-of-a-test"
HEAD = 'base_url = "http://127.0.0.1:8787"\n'
TOKENS = f'[tokens]\nsecret = "{SECRET}"\n'


def refused(text: str) -> str:
    """The line that this file is refused with."""
    with pytest.raises(TargetError) as caught:
        target.parse(text, "target.toml", SPEC, {})
    said = str(caught.value)
    assert said.startswith("target.toml: ")
    assert "\n" not in said
    assert SECRET not in said
    return said.removeprefix("target.toml: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a =", "not readable as TOML: Invalid value (at end of document)"),
        ('bse_url = ""', "bse_url: unknown key; did you mean base_url?"),
        (TOKENS, "base_url: missing; expected the URL that"),
        (HEAD, "tokens: missing; expected a table with exactly one of"),
        (HEAD + "tokens = 3", "tokens: expected a table with exactly one of"),
    ],
)
def test_a_file_as_a_whole(text: str, said: str) -> None:
    assert refused(text).startswith(said)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("1", "expected the URL that the paths"),
        ('"localhost:80"', "expected an http or https URL"),
        ('"ftp://h"', "expected an http or https URL"),
        ('"http://"', "expected an http or https URL"),
        ('"http://h/a b"', "expected an http or https URL"),
        (
            '"http://h:99999"',
            'expected an http or https URL such as "http://127.0.0.1:8787", got one with a bad',
        ),
        ('"http://h/?a=1"', 'expected an http or https URL such as "http://127.0.0.1:8787", without ? or #'),
        ('"http://h/#a"', 'expected an http or https URL such as "http://127.0.0.1:8787", without ? or #'),
        (f'"http://admin:{SECRET}@h"', "expected an http or https URL"),
    ],
)
def test_the_base_url(url: str, said: str) -> None:
    assert refused(f"base_url = {url}\n{TOKENS}").startswith(f"base_url: {said}")


def test_a_url_without_its_scheme_is_given_one() -> None:
    assert refused('base_url = "localhost:80"\n' + TOKENS).endswith("; did you mean http://localhost:80?")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("profile = []", "profile: unknown key; did you mean profiles?"),
        ('profiles = ["privcy"]', "profiles: 'privcy' is no profile of the protocol; did you mean privacy?"),
        ('profiles = ["widget"]', "widget.url: missing; expected the URL of its page"),
        ('profiles = ["cdn"]', "cdn.url: missing; expected where the bundles are delivered"),
        ("profiles = []", "profiles: expected a list of the profiles"),
        ('profiles = ["core", "core"]', "profiles: expected a list of the profiles"),
        ('csrf = "header"', 'csrf: expected "claim" where'),
        ('csrf = "none"', 'csrf: expected "claim", since the profile csrf is claimed'),
        ('address_header = "X Y"', "address_header: expected the name of the header"),
        ('user_claim = ""', "user_claim: expected the name of the claim"),
        ('test_control = "yes"', "test_control: expected true where"),
        ("test_control = 2026-01-01", "test_control: expected true where"),
        ("name = 5", "name: expected a name for reports, 1 to 100 characters, got 5"),
    ],
)
def test_a_single_setting(line: str, said: str) -> None:
    assert refused(f"{HEAD}{line}\n{TOKENS}").startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "tokens: expected exactly one of secret, secret_env, issuer, list and command, got none"),
        (
            f'secret = "{SECRET}"\nlist = ["a"]',
            "tokens: expected exactly one of secret, secret_env, issuer, list and command, got secret and",
        ),
        ('secret = ""', "tokens.secret: expected the shared secret"),
        (f'secret = ["{SECRET}"]', "tokens.secret: expected the shared secret"),
        (f'secert = "{SECRET}"', "tokens.secert: unknown key; did you mean secret?"),
        ('secret_env = "S"', "tokens.secret_env: the environment variable S is not set, or empty"),
        (f'secret_env = "{SECRET}"', "tokens.secret_env: expected the name of an environment variable"),
        ("[tokens.issuer]", "tokens.issuer.port: missing; expected the port that our issuer serves on"),
        ("[tokens.issuer]\nport = 70000", "tokens.issuer.port: expected the port that our issuer serves on"),
        ("[tokens.issuer]\nport = true", "tokens.issuer.port: expected the port that our issuer serves on"),
        (
            '[tokens.issuer]\nport = 1\npublic_url = "x"',
            "tokens.issuer.public_url: expected an http or https",
        ),
        ('iss = "i"\n[tokens.issuer]\nport = 1', "tokens.iss: expected tokens.issuer.iss instead"),
        ('aud = "a"\nlist = ["a"]', "tokens.aud: expected none beside tokens.list"),
        ("list = []", "tokens.list: expected a list of valid tokens"),
        (f'list = ["{SECRET}", "{SECRET}"]', "tokens.list[1]: expected another token"),
        ('list = ["a", { user = "a" }]', "tokens.list[1]: expected a token, or a table"),
        (f'list = [{{ token = "{SECRET}", who = "a" }}]', "tokens.list[0]: expected a token, or a table"),
        ("command = []", "tokens.command: expected a command: text, or a list of words"),
        ('command = ""', "tokens.command: expected a command: text, or a list of words"),
    ],
)
def test_the_tokens(text: str, said: str) -> None:
    assert refused(f"{HEAD}[tokens]\n{text}\n").startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[origins]\nzzz = 1", "origins.zzz: unknown key; known are allowed"),
        ("[origins]\nallowed = []", "origins.allowed: expected a list of origins"),
        ('[origins]\nallowed = ["http://a/"]', "origins.allowed[0]: expected an origin"),
        ('[origins]\nallowed = ["http://A"]', "origins.allowed[0]: expected an origin"),
        ('[origins]\nallowed = ["http://a", "http://b:x"]', "origins.allowed[1]: expected scheme, host and"),
        ('[origins]\nallowed = ["http://a:99999"]', "origins.allowed[0]: expected scheme, host and"),
        ("[delivery]", "delivery: expected a table saying how"),
        ("[delivery]\nbearer = true", "delivery.bearer: expected { encrypted = true }"),
        ("[delivery]\ncookies = { encrypted = true }", "delivery.cookies: unknown key; did you mean cookie?"),
        ("[delivery]\ncookie = {}", "delivery.cookie.encrypted: missing; expected true or false"),
        ('[paths]\nlistRoom = "/a"', "paths.listRoom: no such operation; did you mean listRooms?"),
        ('[paths]\ngetOffer = "/o"', "paths.getOffer: expected a path with {roomId}, got '/o'"),
        ('[paths]\ngetOffer = "/o/{id}"', "paths.getOffer: expected a path with {roomId}, got '/o/{id}'"),
        ('[paths]\nlistRooms = "/{x}"', "paths.listRooms: expected a path with no parameter"),
        ('[paths]\nlistRooms = "rooms"', "paths.listRooms: expected a path that starts with /"),
        ('[paths]\nlistRooms = "/r?x=1"', "paths.listRooms: expected a path that starts with /"),
        ("[start]", "start.command: missing; expected a command"),
        ("[start]\ncommand = 1", "start.command: expected a command: text, or a list of words"),
        ('[start]\ncommand = "x"\nstop = "TREM"', "start.stop: 'TREM' is no signal; did you mean TERM?"),
        ('[start]\ncommand = "x"\nready_url = "/health"', "start.ready_url: expected an http or https URL"),
        ('[start]\ncommand = "x"\nready_timeout = 0', "start.ready_timeout: expected how many seconds"),
        ("[control]", "control.restart: missing; expected a command"),
        ("[timeouts]\nrequest = 1", "timeouts.request: unknown key; did you mean request_s?"),
        ("[timeouts]\nrequest_s = 0", "timeouts.request_s: expected how many seconds"),
        ("[timeouts]\nrequest_s = inf", "timeouts.request_s: expected how many seconds"),
        ("[tolerances]\nclock_skew_s = 61", "tolerances.clock_skew_s: expected how many seconds"),
    ],
)
def test_a_table(text: str, said: str) -> None:
    assert refused(f"{HEAD}{TOKENS}{text}\n").startswith(said)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (
            '[[expected_failures]]\nid = "ROM-6"\nreason = "x"\nissue = "y"\n',
            "expected_failures[0].id: there is no requirement 'ROM-6'; did you mean ROOM-6?",
        ),
        (
            '[[expected_failures]]\nid = "XYZ"\nreason = "x"\nissue = "y"\n',
            "expected_failures[0].id: there is no requirement 'XYZ'",
        ),
        (
            '[[expected_failures]]\nid = "ERR-1"\nreason = "x"\nissue = "y"\n' * 2,
            "expected_failures[1].id: ERR-1 is given twice",
        ),
        (
            '[[expected_failures]]\nid = "ERR-1"\nissue = "y"\n',
            "expected_failures[0].reason: missing; expected why it fails, in words",
        ),
        (
            '[[expected_failures]]\nid = "ERR-1"\nreason = "x"\n',
            "expected_failures[0].issue: missing; expected a link to the issue about it",
        ),
    ],
)
def test_the_expected_failures(entries: str, said: str) -> None:
    assert refused(HEAD + TOKENS + entries) == said
