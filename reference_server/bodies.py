"""Reads request bodies strictly: plain JSON objects in UTF-8. Nothing of a body is ever echoed."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from reference_server.refusal import Invalid, WrongType


def check_type(content_type: bytes | None, encoding: bytes | None) -> None:
    """Raises WrongType for anything but plain JSON in UTF-8."""
    check_encoding(encoding)
    if content_type == b"application/json":
        return
    media, _, parameters = (content_type or b"").partition(b";")
    if media.strip().lower() != b"application/json":
        raise WrongType("Content-Type: expected application/json.")
    for parameter in parameters.split(b";"):
        name, _, value = parameter.strip().lower().partition(b"=")
        if name == b"charset" and value.strip(b'"') not in (b"utf-8", b"utf8"):
            raise WrongType("Content-Type: expected UTF-8.")


def check_encoding(encoding: bytes | None) -> None:
    """Raises WrongType for a body that is compressed."""
    if encoding is not None and encoding.lower() not in (b"", b"identity"):
        raise WrongType("Content-Encoding: bodies are sent as they are.")


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises Invalid for anything else, and for text that is not Unicode."""
    try:
        text = raw.decode("utf-8")
        value, end = _DECODER.raw_decode(text) if text[:1] == "{" else (None, -1)
        if end != len(text):
            value = _DECODER.decode(text)  # white space around it, or no object, or rubbish
        if b"\\u" in raw:
            # An escaped lone surrogate is valid JSON syntax but no text.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise Invalid("The body is not valid UTF-8 text.") from None
    except RecursionError:
        raise nested_too_deeply() from None
    except ValueError:
        raise Invalid("The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise Invalid("The body is not a JSON object.")
    return value


def nested_too_deeply() -> Invalid:
    return Invalid("The body is nested too deeply.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("the number is too large")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_float)
