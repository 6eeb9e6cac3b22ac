"""The formats that a scored run is written in: each a pure function of the report, one module each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reports.formats import badge, ctrf, junit, markdown, prometheus, result, sarif, shields
from reports.score import Report


@dataclass(frozen=True)
class Format:
    """`file` is its name in a run's folder; `words` say who reads it."""

    file: str
    words: str
    render: Callable[[Report], str]


FORMATS: Mapping[str, Format] = {
    "json": Format(result.FILE, "for programs", result.render),
    "junit": Format(junit.FILE, "for CI systems", junit.render),
    "ctrf": Format(ctrf.FILE, "for tools that read CTRF", ctrf.render),
    "sarif": Format(sarif.FILE, "for code scanning", sarif.render),
    "markdown": Format(markdown.FILE, "for a job summary or a pull request", markdown.render),
    "badge": Format(badge.FILE, "a picture for a README", badge.render),
    "shields": Format(shields.FILE, "the same for the endpoint badge of shields.io", shields.render),
    "prometheus": Format(prometheus.FILE, "for the textfile collector", prometheus.render),
}


def save(text: str, path: Path) -> Path:
    """What cannot be written as UTF-8 is written as an escape. Raises OSError where it cannot be written."""
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
