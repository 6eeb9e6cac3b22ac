"""A TOML file that a person wrote, judged by a published JSON Schema: plain data, its defaults filled in.

Whatever is wrong is one line that names the file, the key and what was expected there.
"""

from __future__ import annotations

import copy
import difflib
import json
import math
import tomllib
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs

MANY = 30  # names; more are not listed in a message of one line

Json = dict[str, Any]
UnknownKey = jsonschema_rs.ValidationErrorKind.AdditionalProperties


class TomlError(Exception):
    """A file is wrong; one line names the file, the key, and what was expected."""


def near(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or what is known where nothing is near and that is not too much to say."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(known)}" if 0 < len(known) <= MANY else ""


class TomlKind:
    """One kind of file: its schema, which says in its descriptions what is expected of each key."""

    def __init__(
        self, schema_file: Path, error: type[TomlError], *, hint: str = "", secret: str = "", shown: str = ""
    ) -> None:
        """`hint` is what to do where there is none. No message shows a value below the table `secret`, but
        for those below its table `shown`.
        """
        self._schema_file = schema_file
        self._error = error
        self._hint = hint
        self._secret = secret
        self._shown = shown

    @cached_property
    def schema(self) -> Json:
        """The published JSON Schema."""
        found: Json = json.loads(self._schema_file.read_text(encoding="utf-8"))
        return found

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(self.schema)

    def read(self, path: Path) -> str:
        """The text of such a file. Raises the kind's error."""
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise self._error(f"{path}: no such file{self._hint}") from None
        except UnicodeDecodeError:
            raise self._error(f"{path}: expected a TOML file in UTF-8") from None
        except OSError as error:
            raise self._error(f"{path}: cannot be read: {error.strerror}") from None

    def document(self, text: str, where: str) -> Json:
        """The data: valid against the schema, every default in place. Raises the kind's error."""
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError as fault:
            raise self._error(f"{where}: not readable as TOML: {fault}") from None
        errors = list(self._validator.iter_errors(_plain(found)))
        if errors:
            # An unknown key first: what is missing may only be misspelt.
            first = min(errors, key=lambda error: not isinstance(error.kind, UnknownKey))
            raise self._error(f"{where}: {self._told(first, found)}")
        self._fill(self.schema, found)
        return found

    def _told(self, error: jsonschema_rs.ValidationError, found: Json) -> str:
        """One line about the first thing that is wrong."""
        path = list(error.instance_path)
        node = self._node(path)
        kind = error.kind
        if isinstance(kind, UnknownKey):
            name = kind.unexpected[0]
            return f"{_key([*path, name])}: unknown key{near(name, node.get('properties', {}))}"
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
            return (
                f"{_key([*path, kind.property])}: missing; expected {self._expected([*path, kind.property])}"
            )
        value: Any = found
        for step in path:
            value = value[step]
        secret = path[:1] == [self._secret] and path[1:2] != [self._shown]
        got = f"a value of type {type(value).__name__}" if secret else repr(value)[:80]
        return f"{_key(path)}: expected {self._expected(path)}, got {got}"

    def _expected(self, path: Sequence[str | int]) -> str:
        return str(self._node(path).get("description", "another value"))

    def _node(self, path: Sequence[str | int]) -> Json:
        """The part of the schema that speaks about the value at this path."""
        node = self.schema
        for step in path:
            below = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
            if below is None:
                below = node.get("additionalProperties")
            if not isinstance(below, dict):
                return node
            node = self._resolved(below)
        return node

    def _resolved(self, node: Json) -> Json:
        reference = node.get("$ref")
        if not reference:
            return node
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return {**self.schema["$defs"][reference.rpartition("/")[2]], **beside}

    def _fill(self, node: Json, value: Json) -> None:
        """Puts the schema's defaults where the file says nothing."""
        for name, reference in node.get("properties", {}).items():
            below = self._resolved(reference)
            if name not in value and "default" in below:
                value[name] = copy.deepcopy(below["default"])
            if isinstance(value.get(name), dict):
                self._fill(below, value[name])


def _plain(value: Any) -> Any:
    """The value as JSON has it; what JSON does not have (dates, inf) becomes null, which nothing allows."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return None


def _key(path: Sequence[str | int]) -> str:
    """`tokens.list[0].user`"""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
