"""Writes every report of a run into its folder."""

from __future__ import annotations

from pathlib import Path

from reports import junit, page, result
from reports.score import Report


def write_all(report: Report, folder: Path) -> list[Path]:
    """result.json, junit.xml and index.html, beside the run log that they are made from."""
    return [result.write(report, folder), junit.write(report, folder), page.write(report, folder)]
