"""What all pages have in common: templates that escape, and one file that loads and runs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.evidence import plain

PAGE = "index.html"
Filters = Mapping[str, Callable[..., Any]]


def render(template: str, filters: Filters | None = None, /, **values: Any) -> str:
    """The page. What comes from a target is escaped; `plain` takes control characters out of it."""
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["plain"] = plain
    environment.filters["pretty"] = lambda value: plain(json.dumps(value, ensure_ascii=False, indent=1))
    environment.filters.update(filters or {})
    return environment.get_template(template).render(**values)


def write(text: str, folder: Path) -> Path:
    """The folder is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PAGE
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
