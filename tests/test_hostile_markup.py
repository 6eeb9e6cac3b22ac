"""A target with markup and terminal escapes in every field: the reports show them as text and run nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from score_kit import UNCONFIRMED, Scored, hostile, score

UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LIVE = {"script", "iframe", "object", "embed", "img", "svg", "form", "base", "link", "video", "audio"}
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    folder = tmp_path_factory.mktemp("markup")
    options = (*UNCONFIRMED, "--max-wait", "0", "--deadline", "90", "--profile")
    with hostile("markup") as url:
        done = score(folder, "--target", url, *options, "core", "--profile", "privacy", "--profile", "cors")
    assert done.code == 1
    assert {"ROOM-1", "MBOX-1"} <= set(done.having("fail"))
    assert not done.having("harness-error")
    return done


class Elements(HTMLParser):
    """Collects what is live in a page: elements by name, their attributes, and its policy."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if ("http-equiv", "Content-Security-Policy") in attrs:
            self.policy = str(dict(attrs)["content"])

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page(done: Scored) -> Elements:
    found = Elements()
    found.feed((done.folder / "index.html").read_text(encoding="utf-8"))
    found.close()
    return found


def test_the_page_has_the_markup_as_text_only(marked: Scored) -> None:
    found = page(marked)
    assert "<script>document.title='parley-owned'" in "".join(found.text), "the markup did come through"
    assert not found.names & LIVE
    assert not [pair for pair in found.attributes if pair[0].startswith("on")]
    assert not [value for name, value in found.attributes if name == "href" and not value.startswith("#")]
    assert not [pair for pair in found.attributes if "javascript:" in pair[1].lower()]


def test_the_page_forbids_scripts_and_loads_nothing(marked: Scored) -> None:
    found = page(marked)
    assert "default-src 'none'" in found.policy
    assert "script-src" not in found.policy
    assert not [pair for pair in found.attributes if pair[0] in ("src", "srcset", "background", "data")]
    assert "url(" not in (marked.folder / "index.html").read_text(encoding="utf-8").split("</style>")[0]


@pytest.mark.parametrize("name", ["index.html", "junit.xml"])
def test_a_report_has_no_raw_control_character(marked: Scored, name: str) -> None:
    assert not UNPRINTABLE.search((marked.folder / name).read_text(encoding="utf-8"))


def test_the_junit_file_has_the_markup_as_text(marked: Scored) -> None:
    root = ET.parse(marked.folder / "junit.xml").getroot()  # noqa: S314 - our own report
    assert {element.tag for element in root.iter()} <= {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "error",
        "skipped",
        "properties",
        "property",
    }
    assert any("<script>" in (failure.text or "") for failure in root.iter("failure"))


def test_the_terminal_gets_no_escape_of_the_targets(marked: Scored) -> None:
    assert "<script>" in marked.out, "the score card shows what came"
    assert not UNPRINTABLE.search(marked.out + marked.err)


def test_the_result_is_json_with_the_markup_in_it(marked: Scored) -> None:
    pieces = [piece for found in marked.result["requirements"].values() for piece in found["evidence"]]
    assert any("<script>" in piece["got"] for piece in pieces)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine's PATH")
def test_a_browser_runs_nothing_of_it(marked: Scored, tmp_path: Path) -> None:
    # A page of our own first: this browser does run scripts, so that their absence says something.
    control = tmp_path / "control.html"
    control.write_text("<title>x</title><script>document.title='parley-ran'</script>", encoding="utf-8")
    assert "<title>parley-ran</title>" in dumped(control, tmp_path)

    dom = dumped(marked.folder / "index.html", tmp_path)
    found = Elements()
    found.feed(dom)
    found.close()
    assert "<title>Parley: " in dom
    assert "parley-owned" not in re.findall("<title>(.*?)</title>", dom)[0]
    assert not dom.rstrip().removesuffix("</html>").rstrip().removesuffix("</body>").endswith("parley-owned")
    assert not found.names & LIVE


def dumped(file: Path, profile: Path) -> str:
    """The DOM of a page as a headless browser has it after loading."""
    assert CHROMIUM is not None
    words = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-features=OptimizationHints,MediaRouter,DialMediaRouteProvider",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile / 'browser'}",
        "--virtual-time-budget=2000",
        "--dump-dom",
        file.as_uri(),
    ]
    ended = subprocess.run(words, capture_output=True, timeout=90, check=True)
    return ended.stdout.decode("utf-8")
