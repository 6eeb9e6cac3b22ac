"""The published schemas of run.jsonl and result.json, against what real runs write."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from report_kit import SPEC, a_failure, all_of, footer, header, report

from parley import cli
from reports import writers
from reports.formats import result
from suite.server_process import EmbeddedServer

SCHEMAS = Path(writers.__file__).parent / "schemas"
SECRET = "a secret of the tests, long enough for HS256"


def _schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))


RUNLOG, RESULT = _schema("runlog.schema.json"), _schema("result.schema.json")
LINE = jsonschema_rs.Draft202012Validator(RUNLOG, validate_formats=True)
WHOLE = jsonschema_rs.Draft202012Validator(RESULT, validate_formats=True)


def _complaints(validator: Any, value: Any) -> list[str]:
    return [f"{error.instance_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which all is well, with what is sealed, waited for and watched in passing."""
    folder = tmp_path_factory.mktemp("good")
    names = ["MBOX-2", "MBOX-4", "ENC-2", "ERR-3", "VAL-9", "ICE-4", "HDR-3"]
    chosen = [word for name in names for word in ("--requirement", name)]
    assert cli.main(["score", *chosen, "--run-dir", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a server whose numbers are not the spec's."""
    folder = tmp_path_factory.mktemp("bad")
    other = Path(shutil.copytree(SPEC.source, folder / "spec"))
    policy = other / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("createRoom: { limit: 5", "createRoom: { limit: 6"), encoding="utf-8")
    assert policy.read_text(encoding="utf-8") != text
    with EmbeddedServer({"auth": {"hs256_secret": SECRET}}, spec_dir=other) as server:
        file = folder / "target.toml"
        claims = 'profiles = ["core", "auth", "ratelimit"]'
        text = f'base_url = "{server.url}"\n{claims}\n[tokens]\nsecret = "{SECRET}"\n'
        file.write_text(text, encoding="utf-8")
        chosen = [word for name in ("RATE-1", "ROOM-12", "EMO-1") for word in ("--requirement", name)]
        assert cli.main(["score", "--target-file", str(file), *chosen, "--run-dir", str(folder)]) == 1
    return folder


@pytest.fixture(scope="module")
def down(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which nobody answered. Port 1 of the loopback is nobody's."""
    folder = tmp_path_factory.mktemp("down")
    file = folder / "target.toml"
    file.write_text(f'base_url = "http://127.0.0.1:1"\n[tokens]\nsecret = "{SECRET}"\n', encoding="utf-8")
    assert cli.main(["score", "--target-file", str(file), "--run-dir", str(folder)]) == 2
    return folder


@pytest.fixture(params=["good", "bad", "down"])
def run(request: pytest.FixtureRequest) -> Path:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Path)
    return found


def _lines(run: Path) -> list[Any]:
    return [json.loads(line) for line in (run / "run.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("schema", [RUNLOG, RESULT])
def test_a_schema_is_one(schema: Any) -> None:
    jsonschema_rs.meta.validate(schema)


def test_every_line_of_a_real_run_log_is_as_its_schema_says(run: Path) -> None:
    lines = _lines(run)
    assert [line["type"] for line in lines[:1] + lines[-1:]] == ["header", "footer"]
    assert [
        (number, *found) for number, line in enumerate(lines, 1) if (found := _complaints(LINE, line))
    ] == []


def test_a_real_result_is_as_its_schema_says(run: Path) -> None:
    assert _complaints(WHOLE, json.loads((run / "result.json").read_text(encoding="utf-8"))) == []


def test_the_runs_had_something_of_everything(good: Path, bad: Path) -> None:
    lines = _lines(good) + _lines(bad)
    assert {line["type"] for line in lines} == {"header", "exchange", "expectation", "verdict", "footer"}
    assert {line["verdict"] for line in lines if line["type"] == "verdict"} >= {
        "pass",
        "fail",
        "not-run",
        "not-applicable",
        "not-claimed",
    }
    answers = [line["answer"] for line in lines if line["type"] == "exchange"]
    assert any("decrypted" in answer for answer in answers)
    found = json.loads((bad / "result.json").read_text(encoding="utf-8"))["requirements"]
    assert found["RATE-1"]["verdict"] == "fail"
    assert found["RATE-1"]["evidence"][0]["curl"]
    assert found["ROOM-12"]["verdict"] == "not-run"


def test_a_result_made_by_hand_is_as_its_schema_says(tmp_path: Path) -> None:
    records = [*all_of(["core"]).values(), *a_failure()]
    assert _complaints(WHOLE, result.result(report(tmp_path, records))) == []


@pytest.mark.parametrize("name", ["suite", "spec", "options"])
def test_both_schemas_say_the_same_of_the_header(name: str) -> None:
    assert RESULT["properties"][name] == RUNLOG["$defs"]["header"]["properties"][name]


def test_both_schemas_say_the_same_of_target_and_verdict() -> None:
    assert RESULT["$defs"]["target"] == RUNLOG["$defs"]["target"]
    assert RESULT["$defs"]["verdict"] == RUNLOG["$defs"]["verdict"]["properties"]["verdict"]


WRONG: list[tuple[Any, str, Any]] = [
    (header(["MBOX-2"]), "format", 2),
    (header(["MBOX-2"]), "started", "yesterday"),
    (header(["MBOX-2"]), "intended", "MBOX-2"),
    (footer(), "counts", {"pass": -1}),
    (footer(), "stopped", None),
    (a_failure()[-1], "verdict", "ok"),
    (a_failure()[-1], "reason", ""),
    (a_failure()[-1], "cause", "laziness"),
    (a_failure()[0], "answer", {"status": 20, "headers": [], "body": {"bytes": 0}}),
    (a_failure()[0], "answer", {"headers": [], "body": {"bytes": 0}}),
    (a_failure()[0], "answer", {"status": 200, "headers": [["one"]], "body": {"bytes": 0}}),
    (a_failure()[0], "type", "echo"),
]


@pytest.mark.parametrize(("record", "key", "value"), WRONG)
def test_what_is_wrong_is_refused(record: Any, key: str, value: Any) -> None:
    assert _complaints(LINE, record) == []
    assert _complaints(LINE, {**record, key: value}) != []


@pytest.mark.parametrize(
    "record", [header([]), footer(), *a_failure()[2:]], ids=lambda record: record["type"]
)
def test_what_is_required_may_not_be_missing(record: Any) -> None:
    kind = RUNLOG["$defs"][record["type"]]
    for name in kind["required"]:
        less = copy.deepcopy(record)
        del less[name]
        assert _complaints(LINE, less) != [], name
