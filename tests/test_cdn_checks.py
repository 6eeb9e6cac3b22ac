"""The checks of a delivery, at deliveries of other hands: a right one is not accused, a hostile one ends."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import brotli
import pytest

from conformance.session import Session
from conformance.settings import Settings
from parley.cli import main
from protocol.spec import load
from protocol.wire import WireOptions
from reports import borne_out
from reports.verdicts import Verdict
from suite import launch
from suite.browser import Browsers

SPEC = load()
VERSION = "1.4.2"
# Another program than ours: a class with a field and no methods but these, and a `var` of a classic script.
SCRIPT = b"""var StrixunChat = (function () {
  class ChatWidget {
    constructor(options) {
      this.at = document.getElementById(options.containerId);
      this.at.innerHTML = '<input name="email">';
      this.polling = setInterval(() => fetch(options.authApiUrl + "/news").catch(() => {}), 100);
      fetch(options.authApiUrl + "/auth/me").catch(() => {}).then(() => options.onAuthRequired());
    }
    destroy() { clearInterval(this.polling); this.at.replaceChildren(); }
  }
  return { ChatWidget };
})();
"""
MAP = json.dumps({"version": 3, "sources": ["a.ts"], "names": [], "mappings": "AAAA"}).encode()
INLINE = b"//# sourceMappingURL=data:application/json;base64," + base64.b64encode(MAP) + b"\n"
FILES = {
    "chat-widget.iife.js": SCRIPT + INLINE,
    "chat-widget.iife.min.js": SCRIPT.replace(b"\n", b" "),  # its map is beside it, and nothing names it
    "chat-widget.esm.js": b"export class ChatWidget {}\n//# sourceMappingURL=maps/esm.json\n",
    "chat-widget.css": b".chat-widget { color: red }\n/*# sourceMappingURL=chat-widget.css.map */",
}
INDEX = json.dumps({"version": 3, "sections": [{"offset": {"line": 0, "column": 0}, "map": json.loads(MAP)}]})
MAPS = ("chat-widget.iife.min.js.map", "maps/esm.json", "chat-widget.css.map")


class Other(BaseHTTPRequestHandler):
    """A right delivery of another hand: other words wherever the protocol leaves them open."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        folder, _, name = self.path.removeprefix("/chat").partition("/")[2].partition("/")
        if self.path == "/chat/sri/all.json":
            hashes = {n: {"integrity": f"sha512-{_sha512(c)} sha256-AAAA"} for n, c in FILES.items()}
            self._send(200, json.dumps({"release": VERSION, "files": hashes}).encode(), {})
        elif folder in ("v1", "v1.4", "v1.4.2", "latest") and name in {**FILES, **dict.fromkeys(MAPS)}:
            kept = "max-age=300,public" if folder == "latest" else "Immutable, Public, Max-Age=31536000"
            self._file(FILES.get(name, INDEX.encode() if name == MAPS[2] else MAP), name, kept)
        else:
            self._send(404, b"<h1>No such file</h1>", {"Content-Type": "text/html"})

    def _file(self, content: bytes, name: str, kept: str) -> None:
        coding = next((c for c in ("br", "gzip") if c in self.headers.get("Accept-Encoding", "")), "")
        tag = f'W/"{hashlib.md5(content).hexdigest()}"'  # noqa: S324 - a tag, not a secret
        fields = {"Cache-Control": kept, "ETag": tag, "Vary": "Accept-Encoding, Origin"}
        if tag.removeprefix("W/") in self.headers.get("If-None-Match", ""):
            self._send(304, b"", fields)
            return
        style = name.endswith(".css")
        fields["Content-Type"] = "text/css" if style else "application/javascript; charset=UTF-8"
        body = {"br": brotli.compress, "gzip": gzip.compress}.get(coding, bytes)(content)
        named = {"br": "BR", "gzip": "X-GZip"}.get(coding)
        self._send(200, body, {**fields, **({"Content-Encoding": named} if named else {})})

    def do_OPTIONS(self) -> None:
        self._send(200, b"ok", {"Access-Control-Allow-Methods": "GET,HEAD,OPTIONS"})

    def do_POST(self) -> None:
        self._send(403, b"<Error><Code>AccessDenied</Code></Error>", {"Content-Type": "application/xml"})

    do_PATCH = do_PUT = do_DELETE = do_POST

    def _send(self, status: int, body: bytes, fields: dict[str, str]) -> None:
        self.asked.append(f"{self.command} {self.path} {status}")
        self.send_response(status)
        common = {
            "access-control-allow-origin": "*",
            "x-content-type-options": "NoSniff",
            "cross-origin-resource-policy": "cross-origin",
        }
        for key, value in {**common, **fields}.items():
            self.send_header(key, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if status != 304 else b"")

    def log_message(self, *words: Any) -> None:
        pass


def _sha512(content: bytes) -> str:
    return base64.b64encode(hashlib.sha512(content).digest()).decode()


class Hostile(Other):
    """Bombs, redirects, endless bodies, nonsense: by what is asked for."""

    elsewhere: ClassVar[str] = ""

    def _file(self, content: bytes, name: str, kept: str) -> None:
        wanted = self.headers.get("Accept-Encoding", "")
        if name == "chat-widget.esm.js":
            self._send(302, b"", {"Location": f"{self.elsewhere}/{name}"})
        elif wanted == "br":
            bomb = brotli.compress(bytes(60_000_000), quality=1)
            self._send(200, bomb, {"Content-Encoding": "br", "Content-Type": "text/css", "ETag": "no tag"})
        elif name == "chat-widget.iife.js":
            super()._file(content, name, "public")
        elif name == "chat-widget.css":
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            try:
                for _ in range(400):
                    self.wfile.write(bytes(100_000))
            except OSError:
                pass
        else:
            maps = f"{self.elsewhere}/map.json" if "v1.4.2" in self.path else "http://[\xe9"
            named = content + b"//# sourceMappingURL=" + maps.encode() + b"\n"
            self._send(200, named, {"Content-Encoding": "gzip, gzip", "ETag": '"' + "x" * 3000})

    def do_OPTIONS(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)


# Sockets of a page, of a worker and of a frame, and peer connections by three ways to get at one.
WAYS_OUT = """async ([url, stun]) => {
  const socket = `new Promise((done) => {
    try {
      const one = new WebSocket("${url}");
      one.onopen = () => {};
      one.onerror = one.onclose = () => done("closed");
    } catch { done("closed"); }
  })`;
  const gathered = (Connection, late) => new Promise((done) => {
    const given = { iceServers: [{ urls: stun }] };
    const one = new Connection(late ? {} : given);
    if (late) one.setConfiguration(given);
    one.createDataChannel("chat");
    one.onicegatheringstatechange = () => one.iceGatheringState === "complete" && done("complete");
    one.createOffer().then((offer) => one.setLocalDescription(offer));
  });
  const script = new Blob([`${socket}.then((word) => postMessage(word))`]);
  const worker = new Worker(URL.createObjectURL(script));
  const frame = document.body.appendChild(document.createElement("iframe"));
  try {
    return await Promise.all([
      eval(socket),
      new Promise((done) => { worker.onmessage = ({ data }) => done(data); }),
      gathered(RTCPeerConnection, true),
      gathered(frame.contentWindow.RTCPeerConnection.prototype.constructor, false),
      frame.contentWindow.eval(socket),
    ]);
  } finally {
    frame.remove();
  }
}"""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def scored(folder: Path, **settings: Any) -> list[dict[str, Any]]:
    """The verdicts of a run of a delivery alone."""
    records: list[dict[str, Any]] = []
    given = Settings(run_dir=folder / "run", confirm=1, control_lane=False, seed=1, **settings)
    asyncio.run(Session(given, SPEC, [records.append]).run())
    assert not (records[-1]["stopped"] and settings)
    return [record for record in records if record["type"] == "verdict"]


@pytest.mark.skipif(
    "executable_path" not in launch.arguments("chromium"),
    reason="chromium is not installed (make test says how)",
)
def test_a_right_delivery_of_another_hand_is_accused_of_nothing(tmp_path: Path) -> None:
    target = tmp_path / "target.toml"
    with serving(Other) as url:
        target.write_text(
            f'base_url = "{url}"\nprofiles = ["cdn"]\n[tokens]\nsecret = "not used, and long enough"\n'
            f'[cdn]\nurl = "/chat"\nversion = "{VERSION}"\nintegrity = "/sri/all.json"\n'
        )
        found = scored(tmp_path, target_file=target, profiles=("cdn",))
    wrong = [(r["requirement"], r["case"], r["reason"]) for r in found if r["verdict"] != Verdict.PASS]
    assert wrong == []
    assert {r["requirement"] for r in found} == {f"CDN-{number}" for number in range(1, 10)}
    # What would make or end a file is never asked of one that is there.
    writes = [line for line in Other.asked if re.match("PUT|DELETE", line)]
    assert writes and not any(name in line for line in writes for name in FILES)


def test_a_hostile_delivery_ends_in_verdicts(tmp_path: Path) -> None:
    class Elsewhere(Other):
        asked: ClassVar[list[str]] = []

    asked = ("CDN-1", "CDN-3", "CDN-4", "CDN-6", "CDN-8", "CDN-9")
    with serving(Elsewhere) as other, serving(Hostile) as url:
        Hostile.elsewhere = other
        found = scored(tmp_path, cdn_url=f"{url}/chat", cdn_version=VERSION, requirements=asked)
    assert Elsewhere.asked == []  # neither a redirect nor a map leads there
    verdicts = Counter(record["verdict"] for record in found)
    assert verdicts.keys() <= {"pass", "fail", "inconclusive"}, verdicts
    told = " ".join(record["reason"] for record in found)
    for words in (
        "got 302",
        "more than 16777216 bytes come out of",
        "the body is larger than 16777216 bytes",
    ):
        assert words in told
    assert "gzip, gzip" in told


def test_where_nothing_answers_nothing_is_decided(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        records: list[dict[str, Any]] = []
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings = Settings(cdn_url=url, run_dir=tmp_path / "run", control_lane=False)
        asyncio.run(Session(settings, SPEC, [records.append]).run())
    found = [record for record in records if record["type"] == "verdict"]
    assert {record["verdict"] for record in found} == {"not-run"}
    assert all(f"{url} gives no HTTP answer" in record["reason"] for record in found)
    assert records[0]["intended"] == [f"CDN-{number}" for number in range(1, 10)]


@pytest.mark.skipif(
    "executable_path" not in launch.arguments("chromium"),
    reason="chromium is not installed (make test says how)",
)
def test_a_bare_page_talks_to_the_delivery_and_to_nobody_else() -> None:
    class Elsewhere(Other):
        asked: ClassVar[list[str]] = []

    class Leading(Other):
        def do_GET(self) -> None:
            if self.path == "/chat/away":
                self._send(302, b"", {"Location": f"{other}/redirected"})
            else:
                super().do_GET()

    async def looked(delivery: str, other: str, udp: int) -> tuple[list[str], list[Any], str]:
        browsers = Browsers(WireOptions(f"{delivery}/chat"))
        try:
            async with browsers.bare_page() as page:
                urls = [f"{delivery}/chat/v1/chat-widget.css", f"{browsers.page_url}auth/me", f"{other}/x"]
                tell = "(url) => fetch(url, { mode: 'no-cors' }).then(() => 'came', () => 'not')"
                found = [await page.evaluate(tell, url) for url in [*urls, f"{delivery}/chat/away"]]
                ways = await page.evaluate(WAYS_OUT, [other.replace("http", "ws"), f"stun:127.0.0.1:{udp}"])
                return found, ways, await page.inner_html("body")
        finally:
            await browsers.close()

    with (
        serving(Leading) as delivery,
        serving(Elsewhere) as other,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stun,
    ):
        stun.bind(("127.0.0.1", 0))
        stun.setblocking(False)
        found, ways, body = asyncio.run(looked(delivery, other, stun.getsockname()[1]))
        with pytest.raises(BlockingIOError):
            stun.recv(100)
    assert found == ["came", "came", "not", "not"]
    assert ways == ["closed", "closed", "complete", "complete", "closed"]
    assert Elsewhere.asked == []
    assert body == '<div id="chat"></div>'


@pytest.mark.skipif(
    "executable_path" not in launch.arguments("chromium"),
    reason="chromium is not installed (make test says how)",
)
def test_what_is_written_late_or_in_a_frame_is_heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("suite.browser.QUIET_MS", 300)
    monkeypatch.setattr("conformance.checks.cdn.DESTROY_S", 1.0)
    late = b"setTimeout(() => console.log('late'), 20000);"
    frame = b"const f = document.body.appendChild(document.createElement('iframe'));"
    framed = b"f.contentWindow.console.info('framed');"
    made, ends = b"constructor(options) {", b"destroy() {"

    class Writing(Other):
        def _file(self, content: bytes, name: str, kept: str) -> None:
            ways = {"v1": late, "v1.4": frame + framed, "v1.4.2": b""}
            more = ways.get(self.path.split("/")[2], b"fetch('http://127.0.0.1:9/').catch(() => {});")
            content = content.replace(made, made + more)
            if "v1.4.2" in self.path:
                content = content.replace(ends, ends + b"return new Promise(() => {});")
            super()._file(content, name, kept)

    with serving(Writing) as url:
        found = scored(tmp_path, cdn_url=f"{url}/chat", cdn_version=VERSION, requirements=("CDN-7",))
    told = {record["case"]: (record["verdict"], record["reason"]) for record in found}
    assert told["/latest/"][0] == "pass"  # what the browser notes there is no line of the widget's
    assert told["/v1/"][0] == "fail" and "console.log: late" in told["/v1/"][1]
    assert told["/v1.M/"][0] == "fail" and "console.info: framed" in told["/v1.M/"][1]
    assert told["/v1.M.P/"][0] == "inconclusive" and "did not answer for 1 s" in told["/v1.M.P/"][1]


@pytest.mark.skipif(
    "executable_path" not in launch.arguments("chromium"),
    reason="chromium is not installed (make test says how)",
)
def test_a_bundle_that_takes_the_page_away_is_inconclusive(tmp_path: Path) -> None:
    class Leaving(Other):
        def _file(self, content: bytes, name: str, kept: str) -> None:
            super()._file(b"location = '/elsewhere';", name, kept)

    with serving(Leaving) as url:
        found = scored(tmp_path, cdn_url=f"{url}/chat", cdn_version=VERSION, requirements=("CDN-7",))
    assert {record["verdict"] for record in found} <= {"fail", "inconclusive"}


def test_without_a_browser_its_checks_are_not_run_and_say_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(launch, "arguments", lambda *words: {"executable_path": "/no/such/browser"})
    with serving(Other) as url:
        found = scored(tmp_path, cdn_url=f"{url}/chat", cdn_version=VERSION, requirements=("CDN-5", "CDN-7"))
    assert {(record["verdict"], record.get("cause")) for record in found} == {("not-run", "tools")}
    assert all("chromium is not there" in record["reason"] for record in found)
    assert borne_out.check(tmp_path / "run", SPEC).problems == ()


def test_a_delivery_is_looked_at_before_it_is_scored(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Other) as url:
        assert main(["target", "check", "--cdn-url", f"{url}/chat", "--cdn-version", VERSION]) == 0
        assert f"the delivery at {url}/chat answers" in capsys.readouterr().out
    assert main(["target", "check", "--cdn-url", url]) != 0
    assert f"{url} gives no HTTP answer" in capsys.readouterr().out
