"""The report in a real browser: it opens from the disk and by HTTP, runs and loads nothing that a target put
into it, leads to the curl line in two clicks, and axe finds nothing serious.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import struct
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_kit import grave_findings
from playwright.sync_api import Browser, Page, sync_playwright
from report_kit import a_failure, all_of, exchange, report, site, verdict
from test_load_shown import full

from reports import advice
from reports.advice import Advice
from reports.score import Report
from reports.verdicts import Verdict

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed (make test says how)")
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
V = Verdict


class Listener(http.server.SimpleHTTPRequestHandler):
    """Notes every path it is asked for."""

    def __init__(self, *arguments: Any, asked: list[str], **more: Any) -> None:
        self.asked = asked
        super().__init__(*arguments, **more)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """It serves the test's folder."""
    asked: list[str] = []
    handler = functools.partial(Listener, asked=asked, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=WIDE)
    yield context.new_page()
    context.close()


def _attack(url: str) -> str:
    take = "document.title='taken'"
    return (
        f'</title></style></pre><script>{take}</script><img src="{url}/img" onerror="{take}">'
        f'<link rel="stylesheet" href="{url}/css"><iframe src="{url}/frame"></iframe>'
        f'<meta http-equiv="refresh" content="0;url={url}/moved">'
    )


def _hostile(folder: Path, url: str) -> Report:
    """A report with the attack in every field that a target, or who edits the log, can write to."""
    attack = _attack(url)
    answer = {"headers": [["x", attack]], "body": {"bytes": 9, "json": {attack: attack}}, "decrypted": attack}
    asked = exchange(
        2, request={"curl": attack, "path": attack, "method": attack, "headers": [[attack, attack]]}
    )
    asked |= {"actor": attack, "operation": attack}
    failure = {"about": attack, "wanted": attack, "got": attack}
    failed = a_failure(failure=failure, reason=attack, case=attack, check=attack, note=attack)[-1]
    failed["artifacts"] = [f"e2e/{attack.replace('/', ':')}.png", f"e2e/{attack}.zip"]
    others = [verdict("MBOX-3", V.INCONCLUSIVE, reason=attack), verdict("ROOM-1", V.NOT_RUN, reason=attack)]
    target = {"name": attack, "base_url": url, "origins": [attack], "paths": {attack: attack}}
    found = report(
        folder, [exchange(1, answer=answer), asked, failed, *others], target=target, stopped=attack
    )
    found.header["mutants"] = {"MBOX-2": {attack: attack}}
    found.header["environment"] = {"system": attack, "packages": {attack: attack}}
    found.log.loads.append({**full(), "profile": attack, "title": attack, "stopped": attack})
    return found


@pytest.mark.parametrize("way", ["file", "http"])
def test_no_page_of_a_hostile_target_runs_or_loads_anything(
    tmp_path: Path, listener: tuple[str, list[str]], tab: Page, way: str
) -> None:
    url, asked = listener
    files = site(_hostile(tmp_path, url), tmp_path)
    names = [name for name in files if name.endswith(".html")]
    assert {"index.html", "load.html", "made.html", "requirements.html", "failures/MBOX-2.html"} <= set(names)
    said: list[str] = []
    tab.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    for name in names:
        tab.goto(f"{url}/{name}" if way == "http" else (tmp_path / name).as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        tab.wait_for_load_state("networkidle")
        assert tab.title() != "taken" and "</title>" in tab.title(), name
        assert tab.locator("script, iframe, link, meta[http-equiv=refresh]").count() == 0, name
        assert tab.evaluate("[...document.images].every(one => one.alt.startsWith('screenshot '))"), name
    loaded = [path for path in asked if path.startswith(("/img", "/css", "/frame", "/moved"))]
    assert loaded == [] and said == []
    assert way == "http" or asked == []


def test_the_attack_would_work_on_a_page_that_lets_it(
    tmp_path: Path, listener: tuple[str, list[str]], tab: Page
) -> None:
    url, asked = listener
    file = tmp_path / "open.html"
    # Without the redirect: it would take the browser away from what is looked at.
    file.write_text(f"<title>mine{_attack(url).partition('<meta')[0]}", encoding="utf-8")
    tab.goto(file.as_uri())
    tab.wait_for_load_state("networkidle")
    assert tab.title() == "taken"
    assert {"/img", "/css", "/frame"} <= set(asked)


def _png() -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    size = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.fixture
def everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A report with all that a page can have."""
    monkeypatch.setattr(advice, "of", lambda name: Advice(f"{name} matters.", ("A cache.",), "Delete it."))
    records = list(all_of(["core", "auth", "validation"]).values())
    for one, found in zip(records, [*V] * 2, strict=False):
        one |= {"verdict": found.value, "reason": "because", "note": "measured: 3 ms", "cause": "time"}
    records = [record for record in records if record["requirement"] != "MBOX-2"]
    many = [
        exchange(n, actor=f"guest{n % 12}", status=200 + n, request={"headers": []}) for n in range(1, 60)
    ]
    failed = a_failure(exchange=59)[-1]
    (tmp_path / "e2e").mkdir()
    (tmp_path / "e2e" / "a tab.png").write_bytes(_png())
    (tmp_path / "e2e" / "trace.zip").write_bytes(b"")
    failed["artifacts"] = ["e2e/a tab.png", "e2e/trace.zip"]
    records += [*many, failed, {**verdict("PEER-3", V.FAIL, reason="nothing came"), "as": "fitness"}]
    found = report(tmp_path, records)
    found.header["mutants"] = {"MBOX-2": {"offer-survives-reading": "an offer is handed out again"}}
    found.header["environment"] = {"cores": 2, "packages": {"httpx": "0.28.1"}}
    found.log.loads.append(full())
    site(found, tmp_path)
    return tmp_path


@pytest.mark.parametrize("way", ["file", "http"])
def test_screenshots_are_seen(everything: Path, listener: tuple[str, list[str]], tab: Page, way: str) -> None:
    name = "failures/MBOX-2.html"
    tab.goto(f"{listener[0]}/{name}" if way == "http" else (everything / name).as_uri())
    tab.locator("img").scroll_into_view_if_needed()
    tab.wait_for_function("document.images[0].complete")
    assert tab.evaluate("document.images[0].naturalWidth") == 1


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_the_curl_line_is_two_clicks_from_a_red_score(everything: Path, tab: Page, size: Any) -> None:
    tab.set_viewport_size(size)
    tab.goto((everything / "index.html").as_uri())
    tab.get_by_role("table").get_by_role("link", name="MBOX-2").click()
    curl = tab.get_by_label("curl", exact=True)
    assert curl.is_visible() and curl.inner_text().startswith("curl -sS http")
    tab.get_by_text("The whole attempt as a shell script").click()
    script = tab.get_by_label("shell script")
    assert script.is_visible() and "PARLEY_TARGET" in script.inner_text()


def test_a_keyboard_gets_past_the_navigation(everything: Path, tab: Page) -> None:
    tab.goto((everything / "index.html").as_uri())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to content"
    assert tab.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "content"


def test_what_is_for_screen_readers_only_takes_no_room(everything: Path, tab: Page) -> None:
    tab.goto((everything / "requirements.html").as_uri())
    hidden = tab.locator(".chips .hidden").first
    assert (hidden.text_content() or "").strip() in [verdict.value for verdict in V]
    assert hidden.bounding_box()["width"] <= 1  # type: ignore[index]


def test_paper_is_light_whatever_the_screen_is(everything: Path, tab: Page) -> None:
    tab.goto((everything / "index.html").as_uri())
    ground = "getComputedStyle(document.body).backgroundColor"
    tab.emulate_media(media="screen", color_scheme="dark")
    assert tab.evaluate(ground) != "rgb(255, 255, 255)"
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.evaluate(ground) == "rgb(255, 255, 255)"


KINDS = ["index.html", "requirements.html", "load.html", "made.html", "failures/MBOX-2.html"]


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)])
def test_axe_finds_nothing_serious(everything: Path, chromium: Browser, scheme: Any, size: Any) -> None:
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    tab = context.new_page()
    for name in KINDS:
        tab.goto((everything / name).as_uri())
        assert not grave_findings(tab), name
        assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"], f"{name} is too wide"
    context.close()
