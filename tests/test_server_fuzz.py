"""No request whatever makes a 5xx: random bytes for the parser, random JSON for every operation."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server_kit import CONFIG, SECRET, SPEC, toml

from protocol import tokens
from protocol.validation import error_validator
from reference_server import config
from reference_server.app import App, Response
from reference_server.assembly import build
from reference_server.http1 import HttpError, Parser
from reference_server.log import Log
from reference_server.requests import Request

TOKEN = tokens.SecretSigner(SECRET.encode()).sign(tokens.claims(SPEC, "alice"))

text = st.text(st.characters(codec=None), max_size=20)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


def near(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Objects with the right property names, some of the right values, and some of anything."""
    names = list(schema.get("properties", {}))
    examples = st.sampled_from(["alice", "Alice", "room_x", "v=0", "offer", "answer", True, ["bob"], LINE])
    return st.dictionaries(st.sampled_from([*names, "__proto__"]), values | examples, max_size=6)


LINE = {"candidate": "candidate:1 1 udp 1 10.0.0.1 1 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


@pytest.fixture(scope="module")
def app() -> App:
    return build(SPEC, config.parse(toml(CONFIG), "fuzz.toml"), Log(io.StringIO()))


def answered(app: App, request: Request) -> Response:
    found = app.respond(request)
    if isinstance(found, Response):
        return found
    # No key is fetched and nothing sealed here, so the coroutine never waits.
    with pytest.raises(StopIteration) as ended:
        found.send(None)
    response = ended.value.value
    assert isinstance(response, Response)
    return response


def checked(app: App, request: Request) -> None:
    response = answered(app, request)
    assert response.status < 500, (request, response)
    body = json.loads(response.body) if response.body else {}
    assert response.status < 300 or error_validator(SPEC).ok(body)


def asked(method: str, path: str, body: bytes = b"", query: bytes = b"") -> Request:
    headers = {b"authorization": b"Bearer " + TOKEN.encode(), b"content-type": b"application/json"}
    return Request(method, path, query, headers, keep_alive=True, body=body)


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("operation", [name for name, one in SPEC.operations.items() if one.request_schema])
@quick
@given(data=st.data())
def test_any_json_is_answered(app: App, operation: str, data: st.DataObject) -> None:
    found = SPEC.operation(operation)
    value = data.draw(near(found.request_schema or {}) | values)
    body = json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass")
    checked(app, asked(found.method, found.path.replace("{roomId}", "room_x"), body))


@quick
@given(
    operation=st.sampled_from([one for one in SPEC.operations.values() if one.path_params]),
    part=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    query=st.binary(max_size=30),
)
def test_any_path_is_answered(app: App, operation: Any, part: str, query: bytes) -> None:
    (name,) = operation.path_params
    checked(app, asked(operation.method, operation.path.replace("{" + name + "}", part), b"{}", query))


@quick
@given(
    headers=st.dictionaries(
        st.sampled_from(
            [b"authorization", b"cookie", b"origin", b"content-type", b"x-csrf-token", b"content-encoding"]
        ),
        st.binary(max_size=60),
    ),
    method=st.sampled_from(["GET", "POST", "OPTIONS", "HEAD", "BREW"]),
    operation=st.sampled_from(list(SPEC.operations.values())),
)
def test_any_headers_are_answered(app: App, headers: dict[bytes, bytes], method: str, operation: Any) -> None:
    checked(app, Request(method, operation.path, b"", headers, keep_alive=True))


@quick
@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"\r\n", b"GET / HTTP/1.1\r\n", b"Host: a\r\n"])))
def test_any_bytes_are_requests_or_refused(parts: list[bytes]) -> None:
    parser, refused = Parser(100), 400
    try:
        for part in parts:
            parser.feed(part)
            while parser.next() is not None:
                pass
    except HttpError as error:
        refused = error.status
    assert 400 <= refused < 500
