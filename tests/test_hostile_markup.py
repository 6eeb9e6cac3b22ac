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
LIVE = {"script", "iframe", "object", "embed", "img", "form", "base", "link", "video", "audio"}
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


def pages(done: Scored) -> dict[str, str]:
    """Every page of the report."""
    found = {file.relative_to(done.folder).as_posix(): file for file in done.folder.rglob("*.html")}
    assert len(found) > 10
    return {name: file.read_text(encoding="utf-8") for name, file in found.items()}


def elements(text: str) -> Elements:
    found = Elements()
    found.feed(text)
    found.close()
    return found


def test_the_pages_have_the_markup_as_text_only(marked: Scored) -> None:
    came = 0
    for name, text in pages(marked).items():
        found = elements(text)
        came += "<script>document.title='parley-owned'" in "".join(found.text)
        assert not found.names & LIVE, name
        assert not [pair for pair in found.attributes if pair[0].startswith("on")], name
        hrefs = [value for key, value in found.attributes if key == "href"]
        assert all(re.fullmatch(r"(\.\./)?[\w./-]*(#[\w-]+)?", value) for value in hrefs), (name, hrefs)
        assert not [pair for pair in found.attributes if "javascript:" in pair[1].lower()], name
    assert came > 3, "the markup did come through"


def test_the_pages_forbid_scripts_and_load_nothing(marked: Scored) -> None:
    for name, text in pages(marked).items():
        found = elements(text)
        assert "default-src 'none'" in found.policy, name
        assert "script-src" not in found.policy and "img-src" not in found.policy, name
        assert not [pair for pair in found.attributes if pair[0] in ("src", "srcset", "background", "data")]
        assert "url(" not in text.split("</style>")[0], name


def test_a_report_has_no_raw_control_character(marked: Scored) -> None:
    texts = {**pages(marked), "junit.xml": (marked.folder / "junit.xml").read_text(encoding="utf-8")}
    assert not [name for name, text in texts.items() if UNPRINTABLE.search(text)]


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

    dom = dumped(marked.folder / "failures" / "ROOM-1.html", tmp_path)
    found = elements(dom)
    assert "<title>ROOM-1 fail: " in dom
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
