"""Comparison and history in a real browser: a hostile target's text runs and loads nothing; rows are filtered
without a script.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from axe_kit import grave_findings
from playwright.sync_api import sync_playwright
from report_kit import SPEC
from runs_kit import MARKUP, V, read

from reports.compare import page
from reports.compare.comparison import compared
from reports.history import pages, store
from reports.history.pages import History

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed (make test says how)")
LOADED = '<img src="http://127.0.0.1:1/img"><iframe src="http://127.0.0.1:1/frame"></iframe>'


def test_hostile_text_does_nothing_and_rows_are_filtered_without_a_script(tmp_path: Path) -> None:
    evil = MARKUP + LOADED
    target = {"name": evil, "base_url": evil}
    one = read(tmp_path / "1", {"MBOX-2": V.PASS, "ROOM-1": V.PASS}, target=target, run_id=evil)
    two = read(tmp_path / "2", {"MBOX-2": (V.FAIL, evil), "ROOM-1": V.PASS}, target=target)
    files = [tmp_path / "matrix.html", tmp_path / "changes.html"]
    for file, as_changes in zip(files, (False, True), strict=True):
        file.write_text(page.text(compared([one, two], SPEC, as_changes=as_changes)), encoding="utf-8")
    database = tmp_path / "h.sqlite"
    store.add(database, [one, two])
    (name,) = store.targets(database)
    history = History(name, store.entries(database, name))
    files += [pages.write([history], SPEC, tmp_path / "out"), tmp_path / "out" / history.file]
    open_page = tmp_path / "open.html"
    open_page.write_text(f"<title>mine{evil}", encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 390, "height": 844})
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("dialog", lambda dialog: dialog.dismiss())
        for file in files:
            asked.clear()
            tab.goto(file.as_uri())
            assert asked == [file.as_uri()] and tab.title() != "taken", file.name
            assert tab.locator("script, img, iframe, main h1").count() == 0, file.name
            assert "document.title" in tab.inner_text("body"), file.name
            width = tab.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, f"{file.name} is {width} wide on a phone"
            for scheme in ("light", "dark"):
                tab.emulate_media(color_scheme=scheme)
                assert not grave_findings(tab), f"{file.name}, {scheme}"
        tab.goto(files[0].as_uri())
        same, other = (tab.locator("tr", has_text=name) for name in ("ROOM-1", "MBOX-2"))
        assert same.is_visible() and other.is_visible()
        tab.get_by_label("only what differs").check()
        assert not same.is_visible() and other.is_visible()
        # That this text would do something on a page that lets it.
        asked.clear()
        tab.goto(open_page.as_uri())
        assert tab.title() == "taken" and len(asked) > 1
        browser.close()
