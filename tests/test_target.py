"""The target file: what it may say, what it means, and the one line that says what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from protocol import spec, target, target_file
from protocol.target import ExpectedFailure, Target, TargetError
from protocol.target_tokens import GivenToken, OwnIssuer

SPEC = spec.load()
SECRET = "s3cret-of-a-test"
HEAD = 'base_url = "http://127.0.0.1:8787"\n'
CORE = HEAD + 'profiles = ["core"]\n'
TOKENS = f'[tokens]\nsecret = "{SECRET}"\n'
FULL = """
name = "mine"
base_url = "https://chat.example/api/"
profiles = ["auth", "core", "csrf", "encryption"]
user_claim = "userId"
csrf = "claim"
address_header = "X-Test-Address"
test_control = true
log = "logs/server.log"
[tokens.issuer]
port = 8788
host = "0.0.0.0"
public_url = "http://issuer.internal:8788/"
kid = "k7"
iss = "https://issuer.example"
aud = "chat"
[delivery]
bearer = { encrypted = true }
cookie = { encrypted = false }
[origins]
allowed = ["https://app.example", "http://localhost:3000"]
[paths]
getOffer = "/v2/offers/{roomId}"
listRooms = "/v2/rooms"
[start]
command = ["node", "server.js"]
ready_url = "http://127.0.0.1:8787/health?full=1"
ready_timeout = 7.5
stop = "docker compose down"
log = "out.log"
[control]
restart = "systemctl restart chat"
[timeouts]
request_s = 3
connect_s = 1.5
command_s = 4
[tolerances]
clock_skew_s = 0.5
[[expected_failures]]
id = "ROOM-6"
reason = "joining twice counts twice"
issue = "https://example.org/issues/7"
"""


def parse(text: str, env: dict[str, str] | None = None) -> Target:
    return target.parse(text, "target.toml", SPEC, env or {})


def test_every_key_is_read() -> None:
    found = parse(FULL)
    assert (found.name, found.base_url) == ("mine", "https://chat.example/api")
    assert found.profiles == ("core", "auth", "csrf", "encryption")
    assert (found.user_claim, found.csrf, found.address_header) == ("userId", True, "X-Test-Address")
    assert (found.test_control, found.log) == (True, Path("logs/server.log"))
    assert found.tokens.source == "issuer"
    assert found.tokens.issuer == OwnIssuer(
        8788, "0.0.0.0", "http://issuer.internal:8788", "k7", "https://issuer.example", "chat"
    )
    assert (found.tokens.iss, found.tokens.aud) == ("https://issuer.example", "chat")
    assert found.encrypted == {"bearer": True, "cookie": False}
    assert found.origins == ("https://app.example", "http://localhost:3000")
    assert found.paths == {"getOffer": "/v2/offers/{roomId}", "listRooms": "/v2/rooms"}
    assert found.start is not None
    assert (found.start.command, found.start.stop) == (("node", "server.js"), "docker compose down")
    assert (found.start.ready_url, found.start.ready_timeout) == ("http://127.0.0.1:8787/health?full=1", 7.5)
    assert found.start.log == Path("out.log")
    assert found.control is not None
    assert found.control.restart == "systemctl restart chat"
    assert (found.timeouts.request_s, found.timeouts.connect_s, found.timeouts.command_s) == (3, 1.5, 4)
    assert found.tolerances.clock_skew_s == 0.5
    assert found.expected_failures == (
        ExpectedFailure("ROOM-6", "joining twice counts twice", "https://example.org/issues/7"),
    )


def test_what_is_left_out_has_the_published_default() -> None:
    found = parse(HEAD + TOKENS)
    published = target_file.KIND.schema["properties"]
    assert found.name == "127.0.0.1:8787"
    assert found.profiles == target.default_profiles(SPEC)
    assert found.user_claim == published["user_claim"]["default"] == SPEC.policy["names"]["user_claims"][0]
    assert found.timeouts.request_s == published["timeouts"]["properties"]["request_s"]["default"]
    assert (found.csrf, found.test_control, found.origins, found.paths) == (True, False, (), {})
    assert (found.start, found.control, found.log, found.address_header) == (None, None, None, None)


def test_the_default_claims_are_the_server_profiles_that_are_checked() -> None:
    found = target.default_profiles(SPEC)
    assert found == (*tuple(SPEC.profiles)[:13], "slo")
    both = target.default_profiles(SPEC, widget=True)
    assert both == (*tuple(SPEC.profiles)[:13], "peer", "widget", "slo")


def test_the_log_of_start_is_the_targets_log_where_no_other_is_named() -> None:
    assert parse(HEAD + TOKENS + '[start]\ncommand = "x"\nlog = "a.log"\n').log == Path("a.log")


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("", ("cookie", "bearer")),
        ("[delivery]\nbearer = { encrypted = false }", ("bearer",)),
        ("[delivery]\nbearer = { encrypted = true }", ("bearer",)),
        ("[delivery]\nbearer = { encrypted = false }\ncookie = { encrypted = true }", ("bearer", "cookie")),
        ("[delivery]\nbearer = { encrypted = false }\ncookie = { encrypted = false }", ("cookie", "bearer")),
    ],
)
def test_plain_answers_come_first_among_the_ways_to_sign_in(text: str, ways: tuple[str, ...]) -> None:
    found = parse(HEAD + TOKENS + text)
    assert found.deliveries == ways
    assert found.plain_delivery == ways[0]


def test_without_delivery_a_bearer_is_encrypted_where_encryption_is_claimed() -> None:
    assert parse(HEAD + TOKENS).encrypted == {"bearer": True, "cookie": False}
    assert parse(HEAD + 'profiles = ["core"]\n' + TOKENS).encrypted == {"bearer": False, "cookie": False}


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (f'secret = "{SECRET}"', "secret"),
        ('secret_env = "S"', "secret"),
        ("[tokens.issuer]\nport = 0", "issuer"),
        ('list = ["a.b.c"]', "list"),
        ('command = ["mint"]', "command"),
    ],
)
def test_tokens_come_from_one_of_five_sources(text: str, source: str) -> None:
    found = parse(f"{HEAD}[tokens]\n{text}\n", {"S": "from the environment"})
    assert found.tokens.source == source


def test_a_secret_comes_from_the_environment() -> None:
    found = parse(HEAD + '[tokens]\nsecret_env = "S"\naud = "a"\n', {"S": "kęy"})
    assert found.tokens.secret == "kęy".encode()
    assert (found.tokens.iss, found.tokens.aud) == (None, "a")


def test_listed_tokens_may_say_user_and_csrf() -> None:
    found = parse(HEAD + '[tokens]\nlist = ["a.b.c", { token = "d.e.f", user = "bob", csrf = "x" }]\n')
    assert found.tokens.given == (GivenToken("a.b.c"), GivenToken("d.e.f", "bob", "x"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CORE + TOKENS, set()),
        (CORE.replace("http:", "https:") + TOKENS, {"https"}),
        (CORE + TOKENS + 'iss = "i"\n', {"issuer"}),
        (CORE + TOKENS + 'aud = "a"\n', {"audience"}),
        (CORE + '[tokens.issuer]\nport = 1\niss = "i"\naud = "a"\n', {"jwks", "issuer", "audience"}),
        (CORE + '[tokens]\nlist = ["a"]\n', set()),
        (HEAD + TOKENS, {"emoji"}),
    ],
)
def test_the_conditions_that_hold(text: str, words: set[str]) -> None:
    assert parse(text).conditions() == words


def test_every_condition_of_the_spec_can_hold() -> None:
    every = parse('base_url = "https://h"\n[tokens.issuer]\nport = 1\niss = "i"\naud = "a"\n').conditions()
    assert {r.when for r in SPEC.requirements.values() if r.when} <= every


def test_no_repr_and_no_report_shows_a_secret() -> None:
    listed = HEAD + f'[tokens]\nlist = [{{ token = "{SECRET}-t", user = "u", csrf = "{SECRET}-c" }}]\n'
    for found in (parse(HEAD + TOKENS), parse(listed)):
        assert SECRET not in repr(found)
        assert SECRET not in str(found.public())


def test_the_public_form_is_data_that_names_what_was_claimed() -> None:
    public = parse(FULL).public()
    assert public["name"] == "mine"
    assert public["profiles"] == ["core", "auth", "csrf", "encryption"]
    assert public["tokens"] == "issuer"
    assert public["expected_failures"][0]["id"] == "ROOM-6"


# -- files and URLs


def test_a_file_is_loaded_and_named_in_messages(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(HEAD + TOKENS, encoding="utf-8")
    assert target.load(file, SPEC).base_url == "http://127.0.0.1:8787"
    file.write_text("x = 1", encoding="utf-8")
    with pytest.raises(TargetError, match=r"mine\.toml: x: unknown key"):
        target.load(file, SPEC)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(TargetError, match=r"mine\.toml: expected a TOML file in UTF-8"):
        target.load(file, SPEC)
    with pytest.raises(TargetError, match="cannot be read: Is a directory"):
        target.load(tmp_path, SPEC)
    with pytest.raises(TargetError, match="no such file; `parley target init` writes one"):
        target.load(tmp_path / "none.toml", SPEC)


def test_a_bare_url_takes_its_secret_from_the_environment() -> None:
    found = target.from_url("http://localhost:8080/", {"PARLEY_JWT_SECRET": SECRET}, SPEC)
    assert (found.base_url, found.name) == ("http://localhost:8080", "localhost:8080")
    assert found.tokens.secret == SECRET.encode()
    assert found.profiles == target.default_profiles(SPEC)


@pytest.mark.parametrize("env", [{}, {"PARLEY_JWT_SECRET": ""}])
def test_a_bare_url_without_a_secret_says_what_to_do(env: dict[str, str]) -> None:
    with pytest.raises(
        TargetError, match=r"PARLEY_JWT_SECRET is not set; put the secret .* or give a target file"
    ):
        target.from_url("http://localhost:8080", env, SPEC)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://h", "http://h"),
        ("https://h:1/", "https://h:1"),
        ("http://[::1]:80/a/", "http://[::1]:80/a"),
    ],
)
def test_a_good_url_loses_its_last_slash(url: str, found: str) -> None:
    assert target.check_url(url) == found


@pytest.mark.parametrize(
    "url", ["", "h", "http://", "http://h:0", "http://[::1", "http://u:p@h", "http://h#a"]
)
def test_a_bad_url_is_refused(url: str) -> None:
    with pytest.raises(TargetError, match="target URL: expected an http or https URL"):
        target.check_url(url)


# -- the example and the schema


def _uncommented(text: str) -> str:
    return re.sub(r"^#: ", "", text, flags=re.MULTILINE)


def _sources(text: str) -> tuple[str, dict[str, str]]:
    """The example without its token part, and each of the ways that this part shows."""
    start, end = text.index("# 1. A shared secret"), text.index("# --- How the server takes them")
    parts = re.split(r"^# \d\. .*$", _uncommented(text[start:end]), flags=re.MULTILINE)[1:]
    env, issuer, listed, command = parts
    return text[:start] + text[end:], {
        "secret": env.replace("secret_env =", "#"),
        "secret_env": re.sub(r"^secret =", "#", env, flags=re.MULTILINE),
        "issuer": issuer,
        "list": listed,
        "command": "[tokens]\n" + command,
    }


def test_the_example_loads_as_it_is() -> None:
    found = parse(target.template(), {"PARLEY_JWT_SECRET": SECRET})
    assert found.tokens.secret == SECRET.encode()
    assert found.profiles == target.default_profiles(SPEC)


@pytest.mark.parametrize("source", ["secret", "secret_env", "issuer", "list", "command"])
def test_the_example_loads_with_every_setting_taken_in(source: str) -> None:
    rest, sources = _sources(target.template())
    found = parse(_uncommented(rest) + sources[source], {"PARLEY_JWT_SECRET": SECRET})
    assert found.tokens.source == source.removesuffix("_env")
    assert found.start is not None
    assert found.expected_failures[0].id == "ROOM-6"


def _keys(node: dict[str, Any], path: str = "") -> set[str]:
    found: set[str] = set()
    for name, below in node.get("properties", {}).items():
        inner = below.get("items", below)
        for option in inner.get("anyOf", [inner]):
            found |= _keys(option, f"{path}{name}.") or {path + name}
    return found


def test_the_example_shows_every_key_of_the_schema() -> None:
    text = target.template()
    missing = {
        key for key in _keys(target_file.KIND.schema) if not re.search(rf"\b{key.split('.')[-1]}\b", text)
    }
    assert missing == set()


def test_the_schema_is_one_and_judges_as_the_reader_does() -> None:
    schema = target_file.KIND.schema
    jsonschema_rs.meta.validate(schema)
    for node in _all_nodes(schema):
        assert "description" in node, node


def _all_nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for below in [*node.get("properties", {}).values(), *node.get("$defs", {}).values()]:
        if "$ref" not in below:
            found += [below, *_all_nodes(below)]
    return found


def test_a_widget_is_claimed_by_its_table_and_found_by_its_page() -> None:
    page = '[widget]\nurl = "/chat#token={token}&relay={relay}"\nselectors = { typing = ".t" }\n'
    text = HEAD + page + TOKENS
    found = target.parse(text, "t.toml", SPEC)
    assert {"peer", "widget"} <= set(found.profiles)
    assert found.widget is not None
    assert found.widget.selectors == {"typing": ".t"}
    address = found.widget.address(token="a+b", relay=True)
    assert address == f"{found.base_url}/chat#token=a%2Bb&relay=1"
