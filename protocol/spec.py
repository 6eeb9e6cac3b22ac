"""Loads protocol/spec/ once into frozen objects: Spec, Operation, Requirement, Budget.

The spec is data and everything else reads it. This module finds and shapes; it does not judge
(lint.py does) and does not validate bodies (validation.py does).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from protocol import expected as outcomes

# libyaml's safe loader reads the spec ten times faster; some builds of PyYAML lack it.
SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SPEC_DIR = Path(__file__).parent / "spec"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")

Json = dict[str, Any]


class SpecError(Exception):
    """The spec cannot be read; the message names the file, the key and what was expected."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How often an operation may be done: `limit` times per `window` seconds, counted by `per`."""

    limit: int
    window: int
    per: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One HTTP operation, as openapi.yaml gives it. Schemas are dereferenced; `takes` is a media type."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    request_schema: Json | None
    response_schema: Json | None
    path_params: Mapping[str, Json]
    query_params: Mapping[str, Json]
    needs_token: bool
    needs_refresh: bool
    takes: str
    budget: Budget | None
    example: Any = None

    @property
    def writes(self) -> bool:
        """True for the operations that the CSRF rules cover."""
        return self.method not in ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of protocol section 4 and following. `wait_s` is the real time a check of it waits."""

    id: str
    level: str
    profile: str
    subject: str
    sentence: str
    expected: outcomes.Expected
    operations: tuple[str, ...]
    when: str | None
    wait_s: int
    control_only: bool
    checked: str | None
    excluded: str | None

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses that the expected outcome allows."""
        return outcomes.statuses(self.expected)


@dataclass(frozen=True, slots=True)
class Profile:
    """A part of the protocol that a target may claim; `operations` are those it must then offer. An
    `optional` one is claimed only where it is named, and is in no level.
    """

    name: str
    subject: str
    title: str
    operations: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A level is reached when every applicable MUST of its profiles (cumulative) passed."""

    name: str
    subject: str
    profiles: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Spec:
    """The whole spec. `hash` is a SHA-256 over the files, so that a report can name what it judged by."""

    version: str
    hash: str
    operations: Mapping[str, Operation]
    requirements: Mapping[str, Requirement]
    profiles: Mapping[str, Profile]
    levels: tuple[Level, ...]
    timings: Mapping[str, int]
    limits: Mapping[str, int]
    policy: Json
    probes: Json
    openapi: Json
    asyncapi: Json
    page: Json
    test_control: Mapping[str, str]
    source: Path

    def operation(self, operation_id: str) -> Operation:
        return self.operations[operation_id]

    def requirement(self, requirement_id: str) -> Requirement:
        return self.requirements[requirement_id]

    def seconds(self, expression: str) -> int:
        """Seconds of e.g. `offer_lifetime + grace_after`: names of timings, added or subtracted."""
        return seconds(self.timings, expression)

    def of_profiles(self, profiles: Iterable[str]) -> list[Requirement]:
        wanted = set(profiles)
        return [r for r in self.requirements.values() if r.profile in wanted]


@cache
def load(source: Path = SPEC_DIR) -> Spec:
    """Reads the spec folder. Raises SpecError with one line naming the file and the key."""
    openapi = _read(source / "openapi.yaml")
    policy = _read(source / "policy.yaml")
    wanted = _read(source / "requirements.yaml")
    probes = _read(source / "probes.yaml")
    digest = hashlib.sha256()
    for file in sorted(source.rglob("*")):
        if file.is_file():
            digest.update(file.relative_to(source).as_posix().encode() + b"\0" + file.read_bytes())
    budgets = {name: _budget(name, value) for name, value in _need(policy, "policy.yaml", "budgets").items()}
    operations = _operations(openapi, budgets)
    profiles = {
        name: Profile(
            name,
            entry["subject"],
            entry["title"],
            tuple(entry.get("operations", ())),
            entry.get("optional", False),
        )
        for name, entry in _need(wanted, "requirements.yaml", "profiles").items()
    }
    timings = _need(policy, "policy.yaml", "timings")
    requirements: dict[str, Requirement] = {}
    for entry in _need(wanted, "requirements.yaml", "requirements"):
        requirement = _requirement(entry, profiles, timings)
        if requirement.id in requirements:
            raise SpecError(f"requirements.yaml: {requirement.id}: the id is given twice")
        requirements[requirement.id] = requirement
    return Spec(
        version=str(policy["version"]),
        hash=digest.hexdigest(),
        operations=operations,
        requirements=requirements,
        profiles=profiles,
        levels=tuple(
            Level(entry["name"], entry["subject"], tuple(entry["profiles"]))
            for entry in _need(wanted, "requirements.yaml", "levels")
        ),
        timings=timings,
        limits=_need(policy, "policy.yaml", "limits"),
        policy=policy,
        probes=probes,
        openapi=openapi,
        asyncapi=_read(source / "asyncapi.yaml"),
        page=_read(source / "page.yaml"),
        test_control=_control_paths(_read(source / "test-control.yaml")),
        source=source,
    )


def seconds(timings: Mapping[str, int], expression: str) -> int:
    """Sums an expression such as `offer_lifetime - grace_before`. Raises SpecError on an unknown name."""
    total, sign = 0, 1
    for word in re.findall(r"[+-]|[^\s+-]+", expression):
        if word in ("+", "-"):
            sign = 1 if word == "+" else -1
            continue
        if word not in timings:
            raise SpecError(f"policy.yaml: timings.{word}: not there, though {expression!r} needs it")
        total += sign * timings[word]
    return total


def dereference(document: Json, node: Any, seen: tuple[str, ...] = ()) -> Any:
    """Replaces every local `$ref` below node by what it points at. Recursive schemas are refused."""
    if isinstance(node, list):
        return [dereference(document, item, seen) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference in seen:
            raise SpecError(f"{reference}: refers to itself")
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            try:
                target = target[part.replace("~1", "/").replace("~0", "~")]
            except (KeyError, TypeError):
                raise SpecError(f"$ref {reference}: points at nothing") from None
        rest = {key: value for key, value in node.items() if key != "$ref"}
        found = dereference(document, target, (*seen, reference))
        return {**found, **dereference(document, rest, seen)} if rest else found
    return {key: dereference(document, value, seen) for key, value in node.items()}


def _read(file: Path) -> Json:
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=SafeLoader)  # noqa: S506
    except FileNotFoundError:
        raise SpecError(f"{file.name}: not found in {file.parent}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError(f"{file.name}: not readable as YAML: {error}") from None
    if not isinstance(document, dict):
        raise SpecError(f"{file.name}: expected a mapping, got {type(document).__name__}")
    return document


def _need(document: Json, file: str, key: str) -> Any:
    if key not in document:
        raise SpecError(f"{file}: {key}: missing")
    return document[key]


def _budget(name: str, value: Any) -> Budget | None:
    if value == "none":
        return None
    try:
        return Budget(int(value["limit"]), int(value["window"]), tuple(value["per"]))
    except (KeyError, TypeError, ValueError):
        raise SpecError(
            f"policy.yaml: budgets.{name}: expected `none` or limit, window and per, got {value!r}"
        ) from None


def _operations(openapi: Json, budgets: Mapping[str, Budget | None]) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for path, item in _need(openapi, "openapi.yaml", "paths").items():
        for method in METHODS:
            if method in item:
                operation = _operation(openapi, path, method, item, budgets)
                found[operation.id] = operation
    return found


def _control_paths(document: Json) -> dict[str, str]:
    """The paths of test control by operation id (advanceClock, reset, readOtp)."""
    return {
        item[method]["operationId"]: path
        for path, item in _need(document, "test-control.yaml", "paths").items()
        for method in METHODS
        if method in item
    }


def _operation(
    openapi: Json, path: str, method: str, item: Json, budgets: Mapping[str, Budget | None]
) -> Operation:
    entry = item[method]
    where = f"openapi.yaml: {method.upper()} {path}"
    if "operationId" not in entry:
        raise SpecError(f"{where}: operationId: missing")
    name = entry["operationId"]
    if name not in budgets:
        raise SpecError(f"policy.yaml: budgets.{name}: missing; give a budget or say `none`")
    request = _content(openapi, entry.get("requestBody", {}))
    response = _content(openapi, entry.get("responses", {}).get("200", {}))
    parameters = [
        dereference(openapi, p) for p in [*item.get("parameters", []), *entry.get("parameters", [])]
    ]
    security = entry.get("security", openapi.get("security", []))
    refresh = any("refreshCookie" in way for way in security)
    return Operation(
        id=name,
        method=method.upper(),
        path=path,
        tag=(entry.get("tags") or [""])[0],
        summary=entry.get("summary", ""),
        request_schema=request.get("schema"),
        response_schema=response.get("schema"),
        path_params={p["name"]: p["schema"] for p in parameters if p["in"] == "path"},
        query_params={p["name"]: p["schema"] for p in parameters if p["in"] == "query"},
        needs_token=bool(security) and {} not in security and not refresh,
        needs_refresh=refresh,
        takes=_media(openapi, entry.get("requestBody", {})),
        budget=budgets[name],
        example=_first_example(request),
    )


def _first_example(content: Json) -> Any:
    for example in content.get("examples", {}).values():
        return example.get("value")
    return None


def _media(openapi: Json, node: Json) -> str:
    """The media type of a request's body; "" where it takes none."""
    content = dereference(openapi, node).get("content", {})
    return "application/json" if "application/json" in content else next(iter(content), "")


def _content(openapi: Json, node: Json) -> Json:
    content = dereference(openapi, node).get("content", {})
    found: Json = content.get("application/json") or next(iter(content.values()), {})
    return found


REQUIREMENT_KEYS = {
    "id",
    "level",
    "profile",
    "subject",
    "sentence",
    "expected",
    "operations",
    "when",
    "wait",
    "control_only",
    "checked",
    "excluded",
}


def _requirement(entry: Json, profiles: Mapping[str, Profile], timings: Mapping[str, int]) -> Requirement:
    name = entry.get("id", "an entry without id")
    where = f"requirements.yaml: {name}"
    for key in ("id", "level", "profile", "sentence", "expected"):
        if key not in entry:
            raise SpecError(f"{where}: {key}: missing")
    for key in entry:
        if key not in REQUIREMENT_KEYS:
            raise SpecError(f"{where}: {key}: unknown key; known are {', '.join(sorted(REQUIREMENT_KEYS))}")
    if entry["level"] not in ("MUST", "SHOULD", "MAY"):
        raise SpecError(f"{where}: level: expected MUST, SHOULD or MAY, got {entry['level']!r}")
    if entry["profile"] not in profiles:
        raise SpecError(f"{where}: profile: {entry['profile']!r} is not among the profiles")
    try:
        expected = outcomes.parse(entry["expected"])
    except outcomes.ExpectedError as error:
        raise SpecError(f"{where}: expected: {error}") from None
    subject = entry.get("subject", profiles[entry["profile"]].subject)
    return Requirement(
        id=entry["id"],
        level=entry["level"],
        profile=entry["profile"],
        subject=subject,
        sentence=entry["sentence"],
        expected=expected,
        operations=tuple(entry.get("operations", ())),
        when=entry.get("when"),
        wait_s=seconds(timings, entry["wait"]) if "wait" in entry else 0,
        control_only=bool(entry.get("control_only", False)),
        checked=entry.get("checked"),
        excluded=entry.get("excluded"),
    )
