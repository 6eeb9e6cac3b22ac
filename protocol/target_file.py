"""Reads a target file into plain data: TOML, judged by the published schema, its defaults filled in.

What the values mean together, and against the spec, is target.py's business. Values below `tokens` are
secrets: no message shows one.
"""

from __future__ import annotations

import copy
import difflib
import json
import math
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from protocol.spec import SPEC_DIR

SCHEMA_FILE = SPEC_DIR / "schemas" / "target.schema.json"
MANY = 30  # names; more are not listed in a message of one line

Json = dict[str, Any]
UnknownKey = jsonschema_rs.ValidationErrorKind.AdditionalProperties


class TargetError(Exception):
    """A target file or URL is wrong; one line names the file, the key, and what was expected."""


@cache
def schema() -> Json:
    """The published JSON Schema of the target file."""
    found: Json = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return found


def read(path: Path) -> str:
    """The text of a target file. Raises TargetError."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise TargetError(f"{path}: no such file; `parley target init` writes one") from None
    except UnicodeDecodeError:
        raise TargetError(f"{path}: expected a TOML file in UTF-8") from None
    except OSError as error:
        raise TargetError(f"{path}: cannot be read: {error.strerror}") from None


def document(text: str, where: str) -> Json:
    """The data of a target file: valid against the schema, every default in place. Raises TargetError."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise TargetError(f"{where}: not readable as TOML: {fault}") from None
    errors = list(_validator().iter_errors(_plain(found)))
    if errors:
        # An unknown key first: what is missing may only be misspelt.
        first = min(errors, key=lambda error: not isinstance(error.kind, UnknownKey))
        raise TargetError(f"{where}: {_told(first, found)}")
    _fill(schema(), found)
    return found


def near(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or what is known where nothing is near and that is not too much to say."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(known)}" if 0 < len(known) <= MANY else ""


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema())


def _plain(value: Any) -> Any:
    """The value as JSON has it; what JSON does not have (dates, inf) becomes null, which nothing allows."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return None


def _told(error: jsonschema_rs.ValidationError, found: Json) -> str:
    """One line about the first thing that is wrong."""
    path = list(error.instance_path)
    node = _node(path)
    kind = error.kind
    if isinstance(kind, UnknownKey):
        name = kind.unexpected[0]
        return f"{_key([*path, name])}: unknown key{near(name, node.get('properties', {}))}"
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return f"{_key([*path, kind.property])}: missing; expected {_expected([*path, kind.property])}"
    value: Any = found
    for step in path:
        value = value[step]
    secret = path[0] == "tokens" and path[1:2] != ["issuer"]
    got = f"a value of type {type(value).__name__}" if secret else repr(value)[:80]
    return f"{_key(path)}: expected {_expected(path)}, got {got}"


def _expected(path: Sequence[str | int]) -> str:
    return str(_node(path).get("description", "another value"))


def _node(path: Sequence[str | int]) -> Json:
    """The part of the schema that speaks about the value at this path."""
    node = schema()
    for step in path:
        below = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
        if below is None:
            below = node.get("additionalProperties")
        if not isinstance(below, dict):
            return node
        node = _resolved(below)
    return node


def _resolved(node: Json) -> Json:
    reference = node.get("$ref")
    return schema()["$defs"][reference.rpartition("/")[2]] if reference else node


def _key(path: Sequence[str | int]) -> str:
    """`tokens.list[0].user`"""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _fill(node: Json, value: Json) -> None:
    """Puts the schema's defaults where the file says nothing."""
    for name, reference in node.get("properties", {}).items():
        below = _resolved(reference)
        if name not in value and "default" in below:
            value[name] = copy.deepcopy(below["default"])
        if isinstance(value.get(name), dict):
            _fill(below, value[name])
