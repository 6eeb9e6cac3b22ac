"""On which line of requirements.yaml each requirement begins, by the YAML parser that reads the spec."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from protocol.spec import SafeLoader

FILE = "requirements.yaml"


@cache
def lines(source: Path) -> Mapping[str, int]:
    """requirement id -> line (from 1) of the spec folder's requirements.yaml."""
    root: Any = yaml.compose((source / FILE).read_text(encoding="utf-8"), Loader=SafeLoader)
    entries = next(value for key, value in root.value if key.value == "requirements")
    found: dict[str, int] = {}
    for entry in entries.value:
        name = next(value.value for key, value in entry.value if key.value == "id")
        found[name] = entry.start_mark.line + 1
    return found
