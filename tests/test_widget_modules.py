"""The widget's pure modules under Node, against values made here; and the module made from the spec."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from protocol import spec as specs
from protocol.tokens import SecretSigner
from reference_server import widget_protocol
from reference_server.pages import WIDGET

HERE = Path(__file__).parent
SPEC = specs.load()
NODE = shutil.which("node")
ROOM_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
SCRIPTS = sorted((HERE / "widget").glob("*.test.mjs"))


def sha256(text: str | bytes) -> str:
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()


def block(data: Any, previous: str | None, number: int) -> dict[str, Any]:
    """A block by the definition of section 5."""
    inside = rfc8785.dumps(data)
    before = json.dumps(previous).encode()
    hashed = sha256(b'{"data":%b,"previousHash":%b,"blockNumber":%d}' % (inside, before, number))
    signed = b'{"blockHash":"%b","data":%b,"blockNumber":%d}' % (hashed.encode(), inside, number)
    return {
        "data": data,
        "previousHash": previous,
        "blockNumber": number,
        "canonical": inside.decode(),
        "blockHash": hashed,
        "signature": hmac.new(ROOM_KEY.encode(), signed, hashlib.sha256).hexdigest(),
    }


def blocks() -> list[dict[str, Any]]:
    texts = ["plain", "Größe 漢字 🙂 \u2028", '"quoted" \\ / \b\f\n\r\t\u0001\u007f', ""]
    found: list[dict[str, Any]] = []
    for number, text in enumerate(texts):
        message = {
            "type": "message",
            "senderId": "alice",
            "content": text,
            "zeta": None,
            "alpha": [1, True, {"b": -9007199254740991, "a": 9007199254740991}],
            "é": 0,
            "😀": 1,
            "\ufb33": 2,
            "1": "one",
            "10": "ten",
            "2": "two",
        }
        found.append(block({"message": message}, found[-1]["blockHash"] if found else None, number))
    return found


def roots() -> list[dict[str, Any]]:
    a, b, c = (sha256(name) for name in "abc")
    return [
        {"hashes": [], "root": ""},
        {"hashes": [a], "root": a},
        {"hashes": [a, b], "root": sha256(a + b)},
        {"hashes": [a, b, c], "root": sha256(sha256(a + b) + sha256(c + c))},
    ]


def identities() -> list[dict[str, Any]]:
    def case(found: str | None, shown: str = "", **claims: Any) -> dict[str, Any]:
        token = SecretSigner(b"x" * 32).sign(claims)
        return {"token": token, "id": found, "name": shown}

    return [
        case("alice", "Alice", customerId="alice", displayName="Alice"),
        case("alice", "Other", customerId="alice", name="Other"),
        case("bob_1", "bob_1", userId="bob_1", displayName="<>"),
        case("c", "c", customerId="c", userId="d"),
        case("uber", "Uber", customerId="uber", displayName="Über"),
        case(None, sub="alice"),
        case(None, customerId="not an id"),
        case(None, customerId=7, userId="fine"),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The widget's files as Node can import them, and what the scripts are given."""
    made = tmp_path_factory.mktemp("widget")
    for file in WIDGET.glob("*.js"):
        shutil.copy(file, made)
    (made / "package.json").write_text('{"type": "module"}')
    (made / "protocol.js").write_text(widget_protocol.module(SPEC), encoding="utf-8")
    messages = SPEC.asyncapi["components"]["messages"].values()
    given = {
        "roomKey": ROOM_KEY,
        "blocks": blocks(),
        "roots": roots(),
        "examples": [example["payload"] for message in messages for example in message["examples"]],
        "envelopes": json.loads((HERE / "vectors" / "envelope.json").read_text(encoding="utf-8")),
        "identities": identities(),
    }
    (made / "given.json").write_text(json.dumps(given), encoding="utf-8")
    return made


@pytest.mark.skipif(NODE is None, reason="Node is not installed (make test installs it)")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_modules_under_node(script: Path, folder: Path) -> None:
    assert NODE is not None
    ended = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", str(script)],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        env={"WIDGET_FOLDER": str(folder), "PATH": str(Path(NODE).parent)},
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "# tests 0" not in ended.stdout


# -- the module made from the spec


def test_the_module_is_the_spec() -> None:
    text = widget_protocol.module(SPEC)
    found = json.loads(text[text.index("{") : text.rindex(";")])
    assert found == widget_protocol.facts(SPEC)
    assert found["peer"] == SPEC.asyncapi["x-policy"]
    assert found["operations"]["getOffer"] == {"method": "GET", "path": SPEC.operation("getOffer").path}
    assert found["timings"]["heartbeat_interval"] == SPEC.timings["heartbeat_interval"]
    assert found["channel"] == {"label": "chat", "ordered": True}
    assert found["page"]["elements"]["compose"] == SPEC.page["elements"]["compose"]
    assert set(found["frames"]) == set(SPEC.asyncapi["components"]["messages"])


def test_no_reference_is_left_and_nothing_for_people() -> None:
    text = json.dumps(widget_protocol.facts(SPEC)["frames"])
    assert "$ref" not in text
    assert "description" not in text
    assert SPEC.openapi["components"]["schemas"]["RoomId"]["pattern"] in text


def test_a_changed_spec_is_a_changed_module(tmp_path: Path) -> None:
    shutil.copytree(specs.SPEC_DIR, tmp_path / "spec")
    file = tmp_path / "spec" / "asyncapi.yaml"
    text = file.read_text(encoding="utf-8")
    assert "typing_shown: 5" in text
    file.write_text(text.replace("typing_shown: 5", "typing_shown: 7"), encoding="utf-8")
    assert widget_protocol.facts(specs.load(tmp_path / "spec"))["peer"]["typing_shown"] == 7


def test_a_reference_to_nothing_is_said() -> None:
    broken = copy.copy(SPEC)
    asyncapi = copy.deepcopy(SPEC.asyncapi)
    asyncapi["components"]["messages"]["typing"]["payload"] = {"$ref": "#/components/schemas/Nothing"}
    object.__setattr__(broken, "asyncapi", asyncapi)
    with pytest.raises(specs.SpecError, match="Nothing: points at nothing"):
        widget_protocol.module(broken)
