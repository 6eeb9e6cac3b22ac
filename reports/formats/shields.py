"""badge.json: what the endpoint badge of shields.io asks for, as shields.io/badges/endpoint-badge says."""

from __future__ import annotations

import json

from reports.formats.standing import LABEL, standing
from reports.score import Report

FILE = "badge.json"


def render(report: Report) -> str:
    found = standing(report)
    badge = {"schemaVersion": 1, "label": LABEL, "message": found.message, "color": found.color}
    # An error's badge keeps its colour whatever the address asks for.
    return json.dumps({**badge, "isError": True} if found.undecided else badge, ensure_ascii=False) + "\n"
