"""What all pages have in common: templates that escape, and one file that loads and runs nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.evidence import plain

PAGE = "index.html"
CODE = re.compile("`([^`]+)`")
SPACE = re.compile(r"\s*([{};,\n])\s*")  # of a style sheet, which every page has: a report has hundreds
Filters = Mapping[str, Callable[..., Any]]


def render(template: str, filters: Filters | None = None, /, **values: Any) -> str:
    """The page. What comes from a target is escaped; `plain` takes control characters out of it."""
    return _environment(tuple((filters or {}).items())).get_template(template).render(**values)


@cache
def _environment(filters: tuple[tuple[str, Callable[..., Any]], ...]) -> Environment:
    """Kept, for a report has hundreds of pages of one template."""
    found = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    found.filters["plain"] = plain
    found.filters["content"] = content
    found.filters["prose"] = prose
    found.filters["squeezed"] = _squeezed
    found.filters["pretty"] = lambda value: plain(json.dumps(value, ensure_ascii=False, indent=1))
    found.filters.update(filters)
    return found


@cache
def _squeezed(css: str) -> Markup:
    """A style sheet of ours with less space in it."""
    return Markup(SPACE.sub(r"\1", css))  # noqa: S704 (it is our own)


def content(text: object) -> Markup:
    """Text for the inside of an element, never for an attribute: quotes stay as they are, for a page is full
    of JSON.
    """
    shown = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(shown)  # noqa: S704 (it is escaped)


def prose(text: object) -> Markup:
    """A sentence of the spec or of advice, for the inside of an element: its only markup is `code`."""
    return Markup(CODE.sub(r"<code>\1</code>", str(content(text))))  # noqa: S704 (it is escaped)


def write(text: str, folder: Path, name: str = PAGE) -> Path:
    """The folder is made where it is not there."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
