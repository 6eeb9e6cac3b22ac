"""The page in a real browser: it opens, runs nothing and loads nothing that a target put into it."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from report_kit import a_failure, exchange, report

from reports import page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed (make test says how)")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


class Listener(http.server.BaseHTTPRequestHandler):
    """Notes every path it is asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (Listener,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def _dom(file: Path, profile: Path) -> str:
    """The page as the browser has it after everything that wants to run has run."""
    assert BROWSER is not None
    command = [BROWSER, *FLAGS, f"--user-data-dir={profile}", "--virtual-time-budget=2000", "--dump-dom"]
    done = subprocess.run(
        [*command, file.as_uri()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    )
    return done.stdout


def _attack(url: str) -> str:
    take = "document.title='taken'"
    return (
        f'</title></style></pre><script>{take}</script><img src="{url}/img" onerror="{take}">'
        f'<link rel="stylesheet" href="{url}/css"><iframe src="{url}/frame"></iframe>'
        f'<meta http-equiv="refresh" content="0;url={url}/moved">'
    )


def test_a_page_of_a_hostile_target_runs_and_loads_nothing(
    tmp_path: Path, listener: tuple[str, list[str]]
) -> None:
    url, asked = listener
    attack = _attack(url)
    answer = {"headers": [["x", attack]], "body": {"bytes": 9, "json": {attack: attack}}, "decrypted": attack}
    failed = a_failure(failure={"about": attack, "wanted": attack, "got": attack}, reason=attack, case=attack)
    records = [exchange(1, answer=answer), exchange(2, request={"curl": attack, "path": attack}), failed[-1]]
    target = {"name": attack, "base_url": url}
    dom = _dom(page.write(report(tmp_path, records, target=target, stopped=attack), tmp_path), tmp_path / "p")
    assert "<title>Parley: &lt;/title&gt;" in dom
    assert "<script" not in dom
    assert "<img" not in dom
    assert 'id="MBOX-2"' in dom
    assert asked == []


def test_the_attack_would_work_on_a_page_that_lets_it(
    tmp_path: Path, listener: tuple[str, list[str]]
) -> None:
    url, asked = listener
    file = tmp_path / "open.html"
    # Without the redirect: it would take the browser away from what is looked at.
    file.write_text(f"<title>mine{_attack(url).partition('<meta')[0]}", encoding="utf-8")
    assert "<title>taken</title>" in _dom(file, tmp_path / "p")
    assert {"/img", "/css", "/frame"} <= set(asked)
