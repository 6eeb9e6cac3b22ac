"""Compiled validators for request bodies, success answers and errors, straight from openapi.yaml.

Bodies only: no headers, no paths, no state. Limits count code points; patterns behave as ECMA-262
(`$` is the very end, `\\d` and `\\w` are ASCII); formats are asserted. Messages never echo the value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import jsonschema_rs

from protocol.spec import Json, Spec, SpecError, dereference

JSON_MEDIA = "application/json"
PROBLEM_MEDIA = "application/problem+json"
TOLD, TOLD_CHARS = 8, 200  # problems told of one value, and characters of each


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a value: where (`candidate.sdpMid`, `userIds[1]`, "" for the whole) and what."""

    path: str
    message: str


class Validator:
    """One schema, compiled. `ok` is the fast way to know, `problems` the slow way to know why."""

    __slots__ = ("_compiled",)

    def __init__(self, schema: Json) -> None:
        # The regex crate (RegexOptions) runs in linear time, so a hostile value cannot stall a pattern.
        # The mask keeps values out of the messages; `offline` keeps the schema from fetching anything.
        self._compiled = jsonschema_rs.Draft202012Validator(
            schema,
            validate_formats=True,
            ignore_unknown_formats=False,
            pattern_options=jsonschema_rs.RegexOptions(),
            email_options=jsonschema_rs.EmailOptions(allow_display_text=False),
            mask="the value",
            offline=True,
        )

    def ok(self, value: object) -> bool:
        """True where the value (as json.loads made it) is valid. Text with a lone surrogate never is."""
        try:
            return self._compiled.is_valid(value) and _surrogate(value) is None
        except UnicodeEncodeError:
            return False

    def ok_read(self, value: object, raw: bytes) -> bool:
        """The same of what was read from these bytes of UTF-8: a surrogate has to be escaped in them."""
        return self.ok(value) if b"\\u" in raw else self._compiled.is_valid(value)

    def problems(self, value: object) -> list[Problem]:
        """Everything wrong with the value, in the order found, each once; empty where it is valid."""
        where = _surrogate(value)
        if where is not None:
            return [Problem(where, "is not text: it has a lone surrogate")]
        found = (problem for error in self._compiled.iter_errors(value) for problem in _told(error))
        return list(dict.fromkeys(found))


def told(problems: Iterable[Problem]) -> list[str]:
    """The first few problems, in words: what an expectation records."""
    return [f"{problem.path}: {problem.message}"[:TOLD_CHARS] for problem in problems][:TOLD]


def request_validator(spec: Spec, operation_id: str) -> Validator:
    """The body of a request. Raises SpecError for an operation that takes none."""
    schema = spec.operation(operation_id).request_schema
    if schema is None:
        raise SpecError(f"openapi.yaml: {operation_id}: requestBody: missing, so no request can be validated")
    return _cached(spec, f"request {operation_id}", schema)


def response_validator(spec: Spec, operation_id: str) -> Validator:
    """The plain JSON body of a 200 answer; of a sealed one, what the envelope holds."""
    schema = spec.operation(operation_id).response_schema
    if schema is None:
        raise SpecError(f"openapi.yaml: {operation_id}: responses.200: no content, so it cannot be validated")
    return _cached(spec, f"response {operation_id}", schema)


def error_validator(spec: Spec, media_type: str | None = None) -> Validator:
    """Either error shape; given a media type, only the shape that goes with it."""
    return _shapes(spec, {JSON_MEDIA: "Error", PROBLEM_MEDIA: "Problem"}, media_type)


def rate_limited_validator(spec: Spec, media_type: str | None = None) -> Validator:
    """The body of a 429, in either shape; given a media type, only the one that goes with it."""
    return _shapes(spec, {JSON_MEDIA: "RateLimitedError", PROBLEM_MEDIA: "RateLimitedProblem"}, media_type)


def component_validator(spec: Spec, name: str) -> Validator:
    """A named schema of openapi.yaml, e.g. `Envelope` or `Room`."""
    return _cached(spec, f"component {name}", {"$ref": f"#/components/schemas/{name}"})


# Compiling costs hundreds of times what validating does: once for each schema and content of the spec folder.
_compiled: dict[tuple[str, str], Validator] = {}


def _cached(spec: Spec, name: str, schema: Json) -> Validator:
    key = (spec.hash, name)
    validator = _compiled.get(key)
    if validator is None:
        validator = _compiled[key] = Validator(dereference(spec.openapi, schema))
    return validator


def _shapes(spec: Spec, shapes: dict[str, str], media_type: str | None) -> Validator:
    if media_type in shapes:
        return component_validator(spec, shapes[media_type])
    references = [{"$ref": f"#/components/schemas/{name}"} for name in shapes.values()]
    return _cached(spec, f"either {' '.join(shapes.values())}", {"anyOf": references})


def _told(error: jsonschema_rs.ValidationError) -> Iterator[Problem]:
    kind, where = error.kind, list(error.instance_path)
    if kind.name == "required":
        yield Problem(_path([*where, kind.as_dict()["property"]]), "is missing")
    elif kind.name == "maxLength":
        yield Problem(_path(where), f"has more than {kind.as_dict()['limit']} characters")
    elif kind.name == "minLength":
        yield Problem(_path(where), f"has fewer than {kind.as_dict()['limit']} characters")
    elif kind.name == "pattern":
        yield Problem(_path(where), f"does not match {kind.as_dict()['pattern']}")
    elif kind.name == "type":
        yield Problem(_path(where), f"is not of type {' or '.join(kind.as_dict()['types'])}")
    elif kind.name == "anyOf":
        yield Problem(_path(where), "has none of the possible shapes")
    elif kind.name == "falseSchema":
        yield Problem(_path(where), "is not allowed here")
    else:
        yield Problem(_path(where), error.message)


def _path(parts: list[str | int]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _surrogate(value: object) -> str | None:
    """Where the first lone surrogate stands; None where all is text, which is found out at the speed of C.

    The compiled schema is no help: it looks at no text of which only the length or the type is asked. The
    walk is without recursion, for the nesting may be deep.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode()
        return None
    except (UnicodeEncodeError, RecursionError):
        pass
    waiting: list[tuple[list[str | int], object]] = [([], value)]
    while waiting:
        where, here = waiting.pop()
        if isinstance(here, str):
            try:
                here.encode()
            except UnicodeEncodeError:
                return _path(where)
        elif isinstance(here, dict):
            waiting.extend(([*where, str(key)], item) for key, item in reversed(here.items()))
            waiting.extend((where, key) for key in here)
        elif isinstance(here, list):
            waiting.extend(([*where, index], item) for index, item in reversed(list(enumerate(here))))
    return None
