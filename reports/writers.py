"""Writes the reports of a scored run into a folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reports import formats, page
from reports.score import Report

HTML = "html"  # the page may be a folder of files, so it is no format like the others
DEFAULT = ("json", "junit", HTML)
NAMES = (*formats.FORMATS, HTML)


def write(report: Report, folder: Path, names: Iterable[str]) -> list[Path]:
    """The reports of these names (`NAMES`), each once; the folder is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(report, folder, name) for name in dict.fromkeys(names)]


def write_all(report: Report, folder: Path, more: Iterable[str] = ()) -> list[Path]:
    """result.json, junit.xml and index.html, beside the run log that they are made from, and `more`."""
    return write(report, folder, (*DEFAULT, *more))


def _write(report: Report, folder: Path, name: str) -> Path:
    if name == HTML:
        return page.write(report, folder)
    form = formats.FORMATS[name]
    return formats.save(form.render(report), folder / form.file)
