"""The files of protocol/spec against the official meta-schemas, their own schemas, and their own examples."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from node_kit import TOOLS, node_with_tools
from openapi_spec_validator import OpenAPIV31SpecValidator

from protocol import spec as specs
from protocol import validation

OPENAPI_FILES = ("openapi.yaml", "test-control.yaml")
OWN_FILES = ("policy.yaml", "requirements.yaml", "probes.yaml", "page.yaml")

# Protocol section 3, written down once more.
OPERATIONS = """
createRoom POST /signaling/create-room
joinRoom POST /signaling/join-room
sendOffer POST /signaling/offer
getOffer GET /signaling/offer/{roomId}
sendAnswer POST /signaling/answer
getAnswer GET /signaling/answer/{roomId}
heartbeat POST /signaling/heartbeat
listRooms GET /signaling/rooms
leaveRoom POST /signaling/leave
createPartyRoom POST /signaling/create-party-room
listPartyRooms GET /signaling/party-rooms/{parentRoomId}
inviteToPartyRoom POST /signaling/party-room/{roomId}/invite
getIceServers GET /signaling/ice-servers
sendCandidate POST /signaling/candidate
getCandidates GET /signaling/candidates/{roomId}
health GET /health
listEmoji GET /emoji/list
uploadEmoji POST /emoji/upload
getEmoji GET /emoji/{emojiId}
requestOtp POST /auth/request-otp
verifyOtp POST /auth/verify-otp
me GET /auth/me
refresh POST /auth/refresh
logout POST /auth/logout
"""


def read(name: str) -> Any:
    text = (specs.SPEC_DIR / name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=specs.SafeLoader)  # noqa: S506


def operations(document: Any) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in specs.METHODS:
            if method in item:
                yield method, path, item, item[method]


def with_examples(node: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every media type object, at any depth, that has a schema and examples."""
    if isinstance(node, dict):
        if "schema" in node and "examples" in node:
            yield where, node
        for key, item in node.items():
            yield from with_examples(item, f"{where}/{key}")


def test_every_operation_of_section_3_is_described() -> None:
    found = [
        f"{o['operationId']} {method.upper()} {path}"
        for method, path, _, o in operations(read("openapi.yaml"))
    ]
    assert sorted(found) == sorted(OPERATIONS.split("\n")[1:-1])


@pytest.mark.parametrize("name", OPENAPI_FILES)
def test_the_official_validator_accepts_openapi(name: str) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(read(name)).iter_errors()] == []


def test_the_official_validator_would_refuse_a_broken_openapi() -> None:
    document = read("openapi.yaml")
    document["paths"]["/signaling/rooms"]["get"]["responses"]["200"].pop("description")
    assert list(OpenAPIV31SpecValidator(document).iter_errors())


@pytest.mark.parametrize("name", OPENAPI_FILES)
def test_every_schema_is_one(name: str) -> None:
    document = read(name)
    for key, schema in document.get("components", {}).get("schemas", {}).items():
        jsonschema_rs.meta.validate({"$schema": document["jsonSchemaDialect"], **schema})
        assert validation.Validator(specs.dereference(document, schema)), key


@pytest.mark.parametrize("name", OPENAPI_FILES)
def test_every_example_is_valid(name: str) -> None:
    document = read(name)
    seen = 0
    for where, media in with_examples(document):
        validator = validation.Validator(specs.dereference(document, media["schema"]))
        for key, example in media["examples"].items():
            assert validator.problems(example["value"]) == [], f"{where}: {key}"
            seen += 1
    assert seen >= {"openapi.yaml": 50, "test-control.yaml": 3}[name]


def test_every_request_body_and_success_answer_has_an_example() -> None:
    document = read("openapi.yaml")
    for _, path, _, operation in operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in (*bodies, operation["responses"]["200"]):
            for media in body["content"].values():
                assert media["examples"], path


def test_requests_and_answers_stay_open() -> None:
    for name in OPENAPI_FILES:
        text = (specs.SPEC_DIR / name).read_text(encoding="utf-8")
        assert "additionalProperties" not in text
        assert "unevaluatedProperties" not in text


def test_every_operation_says_how_it_refuses() -> None:
    document = read("openapi.yaml")
    for method, path, _, operation in operations(document):
        responses = specs.dereference(document, operation["responses"])
        security = operation.get("security", document["security"])
        assert "429" in responses, path
        if security and {} not in security:
            assert "WWW-Authenticate" in responses["401"]["headers"], path
        if method == "post":
            needed = {"403"} if security else set()
            assert needed | ({"400", "413"} if "requestBody" in operation else set()) <= responses.keys(), (
                path
            )
        assert {"Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset"} <= responses["429"][
            "headers"
        ].keys()
        for status, response in responses.items():
            if status not in ("200", "503"):
                assert set(response["content"]) == {validation.JSON_MEDIA, validation.PROBLEM_MEDIA}, path


def test_every_link_leads_to_an_operation_with_its_parameters() -> None:
    document = read("openapi.yaml")
    known = {operation["operationId"]: (item, operation) for _, _, item, operation in operations(document)}
    linked = set()
    for _, path, _, source in operations(document):
        for name, link in source["responses"]["200"].get("links", {}).items():
            item, target = known[link["operationId"]]
            parameters = specs.dereference(
                document, [*item.get("parameters", []), *target.get("parameters", [])]
            )
            assert set(link.get("parameters", {})) <= {p["name"] for p in parameters}, f"{path}: {name}"
            if "requestBody" in link:
                media = next(iter(target["requestBody"]["content"].values()))
                properties = specs.dereference(document, media["schema"])["properties"]
                assert set(link["requestBody"]) <= set(properties), f"{path}: {name}"
            linked.add(link["operationId"])
    assert {
        "joinRoom",
        "sendOffer",
        "getOffer",
        "heartbeat",
        "leaveRoom",
        "sendCandidate",
        "verifyOtp",
    } <= linked


def test_mail_is_not_to_be_cached() -> None:
    document = read("openapi.yaml")
    for _, _, _, operation in operations(document):
        headers = operation["responses"]["200"].get("headers", {})
        assert ("Cache-Control" in headers) is (operation["operationId"] in ("getOffer", "getAnswer"))


@pytest.mark.parametrize("name", OWN_FILES)
def test_our_own_files_keep_their_own_schemas(name: str) -> None:
    schema = json.loads((specs.SPEC_DIR / "schemas" / name.replace(".yaml", ".schema.json")).read_text())
    jsonschema_rs.meta.validate(schema)
    assert validation.Validator(schema).problems(read(name)) == []


@pytest.mark.parametrize("name", OWN_FILES)
def test_a_misspelt_section_is_refused(name: str) -> None:
    schema = json.loads((specs.SPEC_DIR / "schemas" / name.replace(".yaml", ".schema.json")).read_text())
    for section in read(name):
        document = read(name)
        document[section + "s"] = document.pop(section)
        assert not validation.Validator(schema).ok(document), section


def across(documents: dict[str, Any], node: Any, here: str) -> Any:
    """Replaces references, also those into another file of the spec."""
    if isinstance(node, list):
        return [across(documents, item, here) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        assert set(node) == {"$ref"}, "draft 07, AsyncAPI's dialect, ignores what stands beside a $ref"
        file, _, pointer = node["$ref"].partition("#/")
        file = file.removeprefix("./") or here
        target = documents[file]
        for part in pointer.split("/"):
            target = target[part]
        return across(documents, target, file)
    return {key: across(documents, item, here) for key, item in node.items()}


def too_long(schema: Any, value: Any) -> Iterator[str]:
    """Strings over the `x-max-bytes` that stands at them."""
    if isinstance(value, str) and len(value.encode()) > schema.get("x-max-bytes", len(value.encode())):
        yield value
    if isinstance(value, dict):
        for part in (schema, *schema.get("allOf", [])):
            for key, item in part.get("properties", {}).items():
                if key in value:
                    yield from too_long(item, value[key])


PEER_TYPES = [
    *("message", "system", "join", "leave", "typing", "typing_stop", "presence", "ice-candidate"),
    *("room_key_request", "room_key_response", "sync_request", "sync_response"),
    *("peer_info", "chunk_request", "chunk_response", "voice_offer", "voice_answer", "voice_end"),
]


def peer_payload(name: str) -> tuple[Any, list[Any]]:
    documents = {file: read(file) for file in ("asyncapi.yaml", "openapi.yaml")}
    message = documents["asyncapi.yaml"]["components"]["messages"][name]
    examples = [example["payload"] for example in message["examples"]]
    return across(documents, message["payload"], "asyncapi.yaml"), examples


def test_every_peer_message_of_section_5_is_described() -> None:
    document = read("asyncapi.yaml")
    assert list(document["components"]["messages"]) == PEER_TYPES
    assert list(document["channels"]["chat"]["messages"]) == PEER_TYPES
    sent = {
        frame["$ref"].rpartition("/")[2]
        for operation in document["operations"].values()
        for frame in (*operation["messages"], *operation.get("reply", {}).get("messages", []))
    }
    assert sent == set(PEER_TYPES)


@pytest.mark.parametrize("name", PEER_TYPES)
def test_a_peer_message_is_valid_for_its_own_type_only(name: str) -> None:
    schema, examples = peer_payload(name)
    validator = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
    assert examples
    for example in examples:
        assert [error.message for error in validator.iter_errors(example)] == []
        assert list(too_long(schema, example)) == []
        assert not validator.is_valid({**example, "type": "other"})
        for key in example.keys() - {"type"}:
            whole = validator.is_valid({k: v for k, v in example.items() if k != key})
            assert whole is (key in ("senderDisplayName", "emoteIds", "customEmojiIds")), key


def test_content_is_limited_in_utf_8_bytes() -> None:
    schema, (example, *_) = peer_payload("message")
    assert not list(too_long(schema, {**example, "content": "é" * 5120}))
    assert list(too_long(schema, {**example, "content": "é" * 5121}))


def test_a_sealed_message_has_no_content() -> None:
    schema, (plain, _, sealed) = peer_payload("message")
    validator = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
    assert validator.is_valid(sealed)
    assert not validator.is_valid({**sealed, "content": "x"})
    assert not validator.is_valid({**plain, "encrypted": True})


def asyncapi_complaints(file: Path) -> list[dict[str, Any]]:
    """What the official parser holds against a file, recommendations aside."""
    node = node_with_tools()
    answer = subprocess.run(
        [node, str(TOOLS / "asyncapi.mjs"), str(file)],
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )
    error, warning = 0, 1
    return [complaint for complaint in json.loads(answer.stdout) if complaint["severity"] in (error, warning)]


def test_the_official_parser_accepts_asyncapi() -> None:
    assert asyncapi_complaints(specs.SPEC_DIR / "asyncapi.yaml") == []


def test_the_official_parser_would_refuse_a_broken_asyncapi(tmp_path: Path) -> None:
    shutil.copy(specs.SPEC_DIR / "openapi.yaml", tmp_path)
    text = (specs.SPEC_DIR / "asyncapi.yaml").read_text(encoding="utf-8")
    (tmp_path / "asyncapi.yaml").write_text(text.replace("action: receive", "action: take"), encoding="utf-8")
    assert any(
        "action" in complaint["message"] for complaint in asyncapi_complaints(tmp_path / "asyncapi.yaml")
    )


def test_the_tools_are_locked_and_name_no_registry() -> None:
    lock = json.loads((TOOLS / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all("resolved" not in entry for entry in packages.values())
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    wanted = json.loads((TOOLS / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+(-[\w.]+)?", version) for version in wanted.values())
    assert all(packages[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())
