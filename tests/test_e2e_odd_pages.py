"""A widget page that never loads, throws, or opens alert boxes: a clear verdict, in bounded time."""

from __future__ import annotations

import shutil
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from e2e_kit import Ended, html, pages, run

pytestmark = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("turnserver")), reason="needs chromium and turnserver"
)
ONE = ("--side", "browser", "--requirement", "WID-1", "-k", "a_visitor_with_a_token", "--confirm", "1")
# A widget with a chat that does nothing.
WIDGET = """
<script>
window.StrixunChat = { ChatWidget: class {
  constructor({ containerId }) {
    const place = document.getElementById(containerId) || document.body;
    place.innerHTML = '<div class="chat-client"><button>Create Room</button></div>';
  }
  getRoomId() { return null; }
} };
</script>
"""


def asked(folder: Path, url: str, *options: str) -> Ended:
    return run(folder, "--app-url", url, *(options or ONE))


def test_a_page_that_never_answers(tmp_path: Path) -> None:
    over = threading.Event()

    def never(handler: BaseHTTPRequestHandler) -> None:
        over.wait(120)

    with pages(never) as url:
        ended = asked(tmp_path, url + "/?relay={relay}")
        over.set()
    found = ended.verdict("WID-1")
    assert (found["verdict"], ended.code) == ("fail", 1)
    assert f"wanted: the page {url}/?relay={{relay}} loads" in found["failure"]["got"]


def test_a_page_without_a_widget(tmp_path: Path) -> None:
    with pages(html("<p>nothing here</p>")) as url:
        found = asked(tmp_path, url).verdict("WID-1")
    assert found["verdict"] == "fail"
    assert f"the page {url} has no window.StrixunChat.ChatWidget" in found["failure"]["got"]


def test_a_page_that_throws_says_so(tmp_path: Path) -> None:
    with pages(html("<script>throw new Error('the bundle is broken')</script>")) as url:
        found = asked(tmp_path, url).verdict("WID-1")
    assert found["verdict"] == "fail"
    assert "its last error: the bundle is broken" in found["failure"]["got"]


def test_a_script_that_does_not_load_is_named(tmp_path: Path) -> None:
    with pages(html("<script type=module src=http://127.0.0.1:9/missing.js?key=secret></script>")) as url:
        found = asked(tmp_path, url).verdict("WID-1")
    assert found["verdict"] == "fail"
    assert "(not loaded: http://127.0.0.1:9/missing.js: net::ERR_" in found["failure"]["got"]


def test_alert_boxes_are_put_away(tmp_path: Path) -> None:
    boxes = "<script>for (let n = 0; n < 5; n++) alert('hello ' + n)</script>"
    with pages(html(boxes + WIDGET)) as url:
        ended = asked(tmp_path, url)
    assert ended.verdict("WID-1")["verdict"] == "pass"


def test_a_page_that_is_busy_for_ever(tmp_path: Path) -> None:
    with pages(html(WIDGET + "<script>setTimeout(() => { for (;;); }, 100)</script>")) as url:
        found = asked(tmp_path, url).verdict("WID-1")
    assert found["verdict"] == "fail"
    assert "did not within" in found["failure"]["got"]


def test_a_widget_that_does_nothing_is_red_and_what_it_showed_is_kept(tmp_path: Path) -> None:
    with pages(html(WIDGET)) as url:
        ended = asked(tmp_path, url, "--side", "browser", "--requirement", "WID-2", "--confirm", "1")
    found = ended.verdict("WID-2")
    assert found["verdict"] == "fail"
    assert "getRoomId() tells the new room" in found["failure"]["got"]
    kept = {Path(name).name.partition("-")[2] or Path(name).name for name in found["artifacts"]}
    assert {"console.log", "webrtc.json", "page.png"} <= kept
    assert {"trace-1.zip", "trace-2.zip"} <= {Path(name).name for name in found["artifacts"]}
    assert all((tmp_path / name).stat().st_size for name in found["artifacts"])


def test_after_three_dead_pages_no_more_are_waited_for(tmp_path: Path) -> None:
    with pages(html("")) as url:
        ended = asked(tmp_path, url, "--side", "browser", "--profile", "widget", "--confirm", "1")
    assert any("3 pages in a row" in record.get("reason", "") for record in ended.records)
