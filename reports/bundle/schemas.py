"""The published schemas of what a bundle holds, compiled; a complaint is one line."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

FOLDER = Path(__file__).parent.parent / "schemas"
SHOWN_CHARS = 200


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def complaint(name: str, value: Any) -> str | None:
    """The first thing that the schema (bundle, claim, result, runlog) holds against the value."""
    validator = _validator(name)
    if validator.is_valid(value):
        return None
    error = next(validator.iter_errors(value))
    place = ".".join(str(part) for part in error.instance_path)
    return f"{place}: {error.message[:SHOWN_CHARS]}" if place else error.message[:SHOWN_CHARS]
