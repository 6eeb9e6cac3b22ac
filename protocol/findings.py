"""What lint works on and what it says: the files of a spec folder as plain data, and findings.

Reads and nothing more; the rules are in the modules lint_*.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from protocol.spec import METHODS, Json, SafeLoader

OPENAPI, CONTROL, ASYNCAPI = "openapi.yaml", "test-control.yaml", "asyncapi.yaml"
POLICY, REQUIREMENTS, PROBES, PAGE = "policy.yaml", "requirements.yaml", "probes.yaml", "page.yaml"
DOCUMENTS = (OPENAPI, CONTROL, ASYNCAPI, POLICY, REQUIREMENTS, PROBES, PAGE)
OWN = (POLICY, REQUIREMENTS, PROBES, PAGE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction: where it stands and, in a sentence, what contradicts what."""

    file: str
    key: str
    sentence: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.key, self.sentence) if part)


class FoundError(Exception):
    """Carries a finding out of a rule that cannot go on."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one spec folder, and the schemas of our own, by file name."""

    documents: dict[str, Json]
    schemas: dict[str, Json]

    def at(self, file: str, *keys: str) -> Any:
        """What stands at the keys. Raises FoundError where nothing does."""
        node: Any = self.documents[file]
        for depth, key in enumerate(keys):
            if not isinstance(node, dict) or key not in node:
                raise FoundError(
                    Finding(file, ".".join(keys[: depth + 1]), "is missing, and a rule needs it")
                )
            node = node[key]
        return node

    def timing(self, name: str) -> int:
        found: int = self.at(POLICY, "timings", name)
        return found

    def budget(self, operation: str) -> tuple[int, int] | None:
        """Limit and window of an operation's budget; None where it has none."""
        found = self.at(POLICY, "budgets", operation)
        return None if found == "none" else (found["limit"], found["window"])

    def operations(self) -> Iterator[tuple[str, str, str, Json]]:
        """operationId, method, path and operation object of everything in openapi.yaml."""
        for path, item in self.at(OPENAPI, "paths").items():
            for method in METHODS:
                if method in item:
                    operation = item[method]
                    if "operationId" not in operation:
                        raise FoundError(Finding(OPENAPI, f"paths.{path}.{method}", "has no operationId"))
                    yield operation["operationId"], method, path, operation

    def requirements(self) -> list[Json]:
        found: list[Json] = self.at(REQUIREMENTS, "requirements")
        return found


def read(folder: Path) -> Files:
    """Reads every file of a spec folder. Raises FoundError for the first that cannot be read."""
    schemas = {}
    for name in OWN:
        schema = f"schemas/{name.removesuffix('.yaml')}.schema.json"
        schemas[name] = _mapping(folder, schema)
    return Files({name: _mapping(folder, name) for name in DOCUMENTS}, schemas)


def _mapping(folder: Path, name: str) -> Json:
    try:
        text = (folder / name).read_text(encoding="utf-8")
        found = json.loads(text) if name.endswith(".json") else yaml.load(text, Loader=SafeLoader)  # noqa: S506
    except OSError as error:
        raise FoundError(Finding(name, "", f"cannot be read: {error.strerror}")) from None
    except (ValueError, yaml.YAMLError) as error:
        where = " ".join(str(error).split())
        raise FoundError(Finding(name, "", f"is not {name.rpartition('.')[2].upper()}: {where}")) from None
    if not isinstance(found, dict):
        raise FoundError(Finding(name, "", f"expected a mapping, got {type(found).__name__}"))
    return found
