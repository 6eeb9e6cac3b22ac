"""axe-core, which judges whether everybody can use a page, in a browser that is open."""

from __future__ import annotations

import json

from node_kit import TOOLS, node_with_tools
from playwright.sync_api import Page

GRAVE = ("serious", "critical")


def grave_findings(tab: Page) -> str:
    """What axe finds serious or critical on the page as it stands, with all its details open; else empty."""
    node_with_tools()
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    tab.evaluate((TOOLS / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 10, "it looked at something"
    grave = [one for one in found["violations"] if one["impact"] in GRAVE]
    return json.dumps(grave, indent=1)[:3000] if grave else ""
