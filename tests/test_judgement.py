"""The mutants of the judging code that may live: each says why, and means code that is there."""

from __future__ import annotations

import importlib
import inspect
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bench.judgement import EXPLAINED, explained

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / EXPLAINED).read_text(encoding="utf-8")
SURVIVORS: list[dict[str, Any]] = tomllib.loads(TEXT)["survivor"]
MUTATED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]


def source(function: str) -> str:
    """The text of `package.module.function` or `package.module.Class.method`."""
    package, name, *inside = function.split(".")
    assert f"{package}/{name}.py" in MUTATED["only_mutate"], f"{package}/{name}.py is not mutated"
    found: Any = importlib.import_module(f"{package}.{name}")
    for part in inside:
        found = inspect.getattr_static(found, part)
    found = found.fget if isinstance(found, property) else found
    return inspect.getsource(inspect.unwrap(found))


@pytest.mark.parametrize("entry", SURVIVORS, ids=lambda entry: f"{entry['function']}: {entry['was']:.40}")
def test_a_survivor_is_explained_and_of_code_that_is_there(entry: dict[str, Any]) -> None:
    assert entry.keys() == {"function", "was", "now", "reason"}
    assert len(entry["reason"]) > 10
    assert entry["now"] and all(isinstance(now, str) for now in entry["now"])
    there = [line.strip() for line in source(entry["function"]).splitlines()]
    for line in entry["was"].splitlines():
        assert line.strip() in there


def test_no_survivor_is_explained_twice() -> None:
    assert len(explained(TEXT)) == sum(len(entry["now"]) for entry in SURVIVORS)


@pytest.mark.parametrize("key", ["only_mutate", "pytest_add_cli_args_test_selection", "also_copy"])
def test_what_is_mutated_and_what_tests_it_is_there(key: str) -> None:
    for path in MUTATED[key]:
        assert (ROOT / path).exists(), path


def test_every_test_that_is_left_out_is_there() -> None:
    for word in MUTATED["pytest_add_cli_args"]:
        if word.startswith("--deselect="):
            path, _, test = word.removeprefix("--deselect=").partition("::")
            assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), word
