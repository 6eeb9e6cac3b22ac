"""Why a requirement matters, how real servers break it and how that is mended: one YAML file a profile.

It explains the spec and adds nothing to it. The form is reports/schemas/advice.schema.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Advice:
    """Of one requirement. `failures` are ways in which implementations were seen or are known to break it."""

    why: str
    failures: tuple[str, ...]
    fix: str


def of(requirement: str) -> Advice | None:
    """The advice on this requirement; None for one of another spec."""
    return _all().get(requirement)


@cache
def _all() -> dict[str, Advice]:
    return {
        name: Advice(entry["why"], tuple(entry["failures"]), entry["fix"])
        for file in sorted(FOLDER.glob("*.yaml"))
        for name, entry in yaml.safe_load(file.read_text(encoding="utf-8")).items()
    }
