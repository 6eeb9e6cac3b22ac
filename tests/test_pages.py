"""The chat page and the widget's files over HTTP, and that they change nothing of the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from server_kit import CONFIG, SECRET, SPEC, Answer, Person, ServerProcess

from protocol import tokens
from reference_server import pages, people, widget_protocol
from reference_server.config import Auth, Config

PATHS = sorted(pages.Pages().table(SPEC))
NEVER = [
    "/widget",
    "/widget/",
    "/widget/../config.py",
    "/widget/..%2fconfig.py",
    "/widget/%2e%2e/pages.py",
    "/widget//main.js",
    "/widget/main.js/",
    "/widget/main.js%00",
    "/widget/MAIN.JS",
    "/widget/index.html",
    "/widget/%6dain.js",
    "/index.html",
    "//",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def visitor(server: ServerProcess) -> Person:
    return server.nobody()


def imported(text: str) -> set[str]:
    return set(re.findall(r'(?:from|import) "\./([^"]+)"', text))


@pytest.mark.parametrize("path", PATHS)
def test_each_file_comes_with_its_type_and_is_guarded(visitor: Person, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status == 200
    kind = "html" if path == "/" else {"js": "javascript", "css": "css"}[path.rpartition(".")[2]]
    assert answer.header("content-type") == f"text/{kind}; charset=utf-8"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("cache-control") == "no-cache"
    policy = str(answer.header("content-security-policy"))
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.header("content-length") == str(len(answer.raw))
    answer.raw.decode("utf-8")


@pytest.mark.parametrize("path", PATHS)
def test_what_a_browser_has_is_not_sent_again(visitor: Person, path: str) -> None:
    etag = str(visitor.get(path).header("etag"))
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = visitor.get(path, **{"If-None-Match": sent})
        assert (answer.status, answer.raw, answer.header("etag")) == (304, b"", etag)
        assert answer.header("content-length") is None
    assert visitor.get(path, **{"If-None-Match": '"other"'}).status == 200


def test_head_is_get_without_a_body(visitor: Person) -> None:
    whole, head = visitor.get("/"), visitor.send("HEAD", "/")
    assert (head.status, head.raw) == (200, b"")
    assert head.header("content-length") == str(len(whole.raw))


def test_the_files_ask_for_nothing_that_is_not_served(visitor: Person) -> None:
    index = visitor.get("/").raw.decode()
    wanted = set(re.findall(r'(?:href|src)="(/[^"]+)"', index))
    seen: set[str] = set()
    while wanted - seen:
        path = (wanted - seen).pop()
        seen.add(path)
        assert path in PATHS
        if path.endswith(".js"):
            wanted |= {f"/widget/{name}" for name in imported(visitor.get(path).raw.decode())}
    assert seen == set(PATHS) - {"/"}, "every file is used"


def test_nothing_of_another_site_and_no_markup_from_texts() -> None:
    for file in pages.WIDGET.iterdir():
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"https?://", text), file.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), (
            file.name
        )
        assert "console." not in text, file.name


def test_no_number_of_the_spec_stands_in_the_modules() -> None:
    known = {
        str(value) for value in SPEC.asyncapi["x-policy"].values() if isinstance(value, int) and value > 60
    }
    known |= {str(SPEC.policy["envelope"]["kdf_rounds"]), "10240", "60000"}
    paths = [operation.path.partition("{")[0] for operation in SPEC.operations.values()]
    for file in pages.WIDGET.glob("*.js"):
        text = re.sub(r"//.*", "", file.read_text(encoding="utf-8"))
        assert [value for value in known if re.search(rf"(?<![\d_]){value}(?![\d_])", text)] == [], file.name
        assert [path for path in paths if path in text] == [], file.name


def test_the_widget_has_the_spec_of_the_server(visitor: Person) -> None:
    assert visitor.get("/widget/protocol.js").raw.decode() == widget_protocol.module(SPEC)


@pytest.mark.parametrize("path", NEVER)
def test_nothing_else_is_there(visitor: Person, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status == 404
    assert answer.header("content-type") == "application/json"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_pages_are_only_read(visitor: Person, method: str) -> None:
    unknown = visitor.send(method, "/nothing/at/all", b"{}")
    found = visitor.send(method, "/", b"{}")
    assert (found.status, found.raw) == (unknown.status, unknown.raw)


def test_the_api_answers_as_before(server: ServerProcess, visitor: Person) -> None:
    assert visitor.get("/nothing").status == 404
    health = visitor.get(SPEC.operation("health").path)
    assert health.status == 200
    assert health.header("cache-control") == "no-store"
    assert visitor.get(SPEC.operation("listRooms").path).status == 401
    assert server.person("alice").room().startswith("room_")


# -- links for people


def answer_with(server: ServerProcess, link: str) -> Answer:
    token = parse_qs(urlsplit(link).fragment)["token"][0]
    return Person(server.url, "", token).call("listRooms")


def test_links_are_good_tokens_for_this_server(server: ServerProcess) -> None:
    config = Config(auth=Auth(hs256_secret=SECRET))
    assert people.with_secret(config) == config
    found = dict(people.links(SPEC, config, ("Alice", "Bob B"), server.url))
    assert list(found) == ["Alice", "Bob B"]
    assert {name: answer_with(server, link).status for name, link in found.items()} == {
        "Alice": 200,
        "Bob B": 200,
    }
    token = parse_qs(urlsplit(found["Bob B"]).fragment)["token"][0]
    claims = tokens.peek(token)[1]
    assert (claims["customerId"], claims["displayName"]) == ("bob-b", "Bob B")


def test_without_a_key_one_is_made_for_the_run(tmp_path: Path) -> None:
    one, two = people.with_secret(Config()), people.with_secret(Config())
    assert one.auth.hs256_secret and one.auth.hs256_secret != two.auth.hs256_secret


@pytest.mark.parametrize(
    ("names", "auth", "said"),
    [
        (("Ann", "ann"), Auth(), "'ann' gives no user id of its own"),
        (("漢字",), Auth(), "gives no user id of its own"),
        (("Ann",), Auth(jwks_url="http://127.0.0.1:1/"), "needs auth.hs256_secret"),
    ],
)
def test_why_no_links_can_be_made(names: tuple[str, ...], auth: Auth, said: str) -> None:
    with pytest.raises(people.PeopleError, match=said):
        list(people.links(SPEC, people.with_secret(Config(auth=auth)), names, "http://h"))


def test_the_log_names_pages_by_a_word(tmp_path: Path) -> None:
    config = {**CONFIG, "log": {"level": "debug"}}
    with ServerProcess(tmp_path, config) as server:
        server.nobody().get("/")
    assert any('"operation":"page"' in line.replace(" ", "") for line in server.lines)
