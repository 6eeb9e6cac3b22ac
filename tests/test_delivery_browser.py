"""The delivered widget on a page of another origin with a strict policy: two visitors chat through coturn."""

from __future__ import annotations

import asyncio
import json
import shutil
import urllib.request
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from browser_kit import needs_chromium
from playwright.async_api import Browser, Page, expect
from server_kit import SECRET, SPEC, ServerProcess
from test_cdn_checks import serving

from e2e.turn.process import TurnProcess
from protocol import cdn, tokens

LONG_MS = 90_000  # for whatever should come; a busy machine is no failure
FACTS = SPEC.page["delivery"]
pytestmark = [
    needs_chromium,
    *(
        pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed (make test says how)")
        for name in ("turnserver", "esbuild")
    ),
    pytest.mark.asyncio(loop_scope="module"),
]
MINE = """
const token = decodeURIComponent(location.hash.slice(1));
window.made = new StrixunChat.ChatWidget({
  containerId: "chat", authApiUrl: "DELIVERY", signalingUrl: "DELIVERY", token, autoAuth: true, theme: "auto",
  relayOnly: true, onReady() {}, onAuthRequired() {},
});
"""


class Host(BaseHTTPRequestHandler):
    """A page that embeds the widget with its hash, and allows nothing that it does not need."""

    delivery: ClassVar[str] = ""
    hashes: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        script, style = FACTS["files"]["minified"], FACTS["files"]["style"]
        folder = self.delivery + cdn.exact_folder(SPEC, FACTS["version"])
        page = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title>
<link rel="stylesheet" href="{folder}{style}" integrity="{self.hashes[style]}" crossorigin="anonymous">
<div id="chat"></div>
<script src="{folder}{script}" integrity="{self.hashes[script]}" crossorigin="anonymous"></script>
<script src="/mine.js"></script>"""
        mine = MINE.replace("DELIVERY", self.delivery)
        kind, text = ("text/javascript", mine) if self.path == "/mine.js" else ("text/html", page)
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'self' {self.delivery}; style-src {self.delivery}; "
            f"connect-src {self.delivery}; img-src data:",
        )
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *words: Any) -> None:
        pass


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        found: bytes = answer.read()
    return found


async def test_two_visitors_of_another_site_chat(tmp_path: Path, browser: Browser) -> None:
    said: list[str] = []
    with serving(Host) as host, TurnProcess(SPEC.timings["turn_credential_max"]) as turn:
        config = {
            "auth": {"hs256_secret": SECRET},
            "turn": {"urls": list(turn.urls), "secret": turn.secret},
            "cors": {"allowed_origins": [host]},
            "encryption": {"enabled": True},
        }
        with ServerProcess(tmp_path, config) as server:
            Host.delivery = server.url
            folder = server.url + cdn.exact_folder(SPEC, FACTS["version"])
            Host.hashes = json.loads(await asyncio.to_thread(fetched, folder + FACTS["integrity"]))
            pages: list[Page] = []
            for user in ("alice", "bob"):
                page = await (await browser.new_context()).new_page()
                page.set_default_timeout(LONG_MS)
                page.on("console", lambda message: said.append(message.text))
                page.on("pageerror", lambda error: said.append(str(error)))
                token = tokens.SecretSigner(SECRET.encode()).sign(
                    tokens.claims(SPEC, user, lifetime=3600, domain="elsewhere.test")
                )
                await page.goto(f"{host}/#{quote(token)}")
                await page.locator(".chat-client").wait_for()
                pages.append(page)
            alice, bob = pages
            # The style came along: without it the widget has no columns.
            assert (
                await alice.locator(".chat-widget").evaluate("(e) => getComputedStyle(e).display") == "flex"
            )
            room = await alice.evaluate("() => made.createRoom({ customName: 'Elsewhere' })")
            assert await bob.evaluate("(room) => made.joinRoom(room)", room)
            texts = ["from another site", "and back"]
            for page, number in ((alice, 1), (bob, 2)):
                assert await page.evaluate("(text) => made.sendMessage(text)", texts[number - 1])
                for each in pages:
                    shown = each.locator(".chat-message")
                    await expect(shown).to_contain_text(texts[:number], timeout=LONG_MS)
            for page in pages:
                await page.evaluate("() => made.destroy()")
                assert await page.locator("#chat").inner_html() == ""
    # Chromium itself notes that a mailbox was empty.
    assert [line for line in said if "status of 404" not in line] == []
