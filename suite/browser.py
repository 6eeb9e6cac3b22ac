"""One headless Chromium of a run, started when it is first wanted, and a bare page in it: for checks that
have to see what a browser makes of a file.

The page is served on the loopback by this process. Beside it a page talks to one origin, and to nothing else:
what it asks for is fetched by this process, within bounds and without following redirects; its policy and a
peer connection that finds no way out see to the rest.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from protocol.codings import CodingError, decoded
from protocol.operations import Request
from protocol.wire import Wire, WireOptions
from suite import launch
from suite.expectations import Inconclusive, NotRun

if TYPE_CHECKING:
    from playwright.async_api import Browser, ConsoleMessage, Page, Route, WebSocketRoute

AT_ONCE = 2  # pages
LINES = 50  # of a console
PAGE_ASKS = "page"
STEP_MS = 15_000  # for anything that a page is told to do
STEP_S = STEP_MS / 1000
PAGE_S = 40.0  # for all that is done on one
QUIET_MS = 3_000  # for what it does by itself; one that polls is never quiet
CLOSE_S = 5.0
CONTAINER = "chat"  # the id of the only element of the page
PAGE = f'<!doctype html><meta charset="utf-8"><title>A page</title><div id="{CONTAINER}"></div>'
ELSEWHERE = '{"error": "Not found", "message": "There is nothing here but a page."}'
HEAD_BYTES = 16_384  # of a request
HOOKS = "page_hooks.js"
OFFLINE = ("--force-webrtc-ip-handling-policy=disable_non_proxied_udp",)
# What this process says of a body it has read, in place of the target.
OF_THE_BODY = ("content-length", "content-encoding", "transfer-encoding", "connection")
# Of a request: this process asks anew.
OF_THE_HOP = ("host", "connection", "content-length", "accept-encoding", "if-none-match", "if-modified-since")


class Browsers:
    """The browser of a run. What `options` say of is talked to: its origin, and within its bounds."""

    def __init__(self, options: WireOptions) -> None:
        url = urlsplit(options.base_url)
        self._host = url.hostname or ""
        self._origin = _origin(url)
        self._wire = Wire(replace(options, base_url=self._origin))
        self._stack = AsyncExitStack()
        self._starting = asyncio.Lock()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._browser: Browser | None = None
        self._missing: NotRun | None = None
        self.page_url = ""

    @asynccontextmanager
    async def bare_page(self) -> AsyncIterator[Page]:
        """A page of another origin, with one empty element. Raises NotRun where there is no browser, and
        Inconclusive where what was loaded keeps the page from doing a step.
        """
        from playwright.async_api import Error  # of use to few runs, and slow to import

        async with self._places:
            browser = await self._started()
            context = await browser.new_context(service_workers="block")
            try:
                context.set_default_timeout(STEP_MS)
                await context.add_init_script(_hooks())
                await context.route("**/*", self._only_what_is_asked)
                await context.route_web_socket(lambda url: True, _refused)
                async with asyncio.timeout(PAGE_S):
                    page = await context.new_page()
                    await page.goto(self.page_url)
                    yield page
            except TimeoutError:
                raise Inconclusive(f"the page did not answer for {PAGE_S:g} s") from None
            except Error as error:
                words = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise Inconclusive(f"the page would not do a step: {words[:200]}") from None
            finally:
                with suppress(TimeoutError, Error):
                    async with asyncio.timeout(CLOSE_S):
                        await context.close()

    async def close(self) -> None:
        await self._stack.aclose()
        await self._wire.close()

    async def _started(self) -> Browser:
        async with self._starting:
            if self._missing is not None:
                raise self._missing
            if self._browser is None:
                self._browser = await self._start()
            return self._browser

    async def _start(self) -> Browser:
        from playwright.async_api import Error, async_playwright

        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=HEAD_BYTES)
        self._stack.push_async_callback(_ended, server)
        self.page_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        playwright = await self._stack.enter_async_context(async_playwright())
        started = launch.arguments("chromium", (self._host,))
        try:
            browser = await playwright.chromium.launch(
                **{**started, "args": [*started.get("args", ()), *OFFLINE]}
            )
        except Error as error:
            if "executable doesn't exist" in str(error).lower():
                self._missing = NotRun(launch.MISSING, "tools")
                raise self._missing from None
            raise
        self._stack.push_async_callback(browser.close)
        return browser

    async def _only_what_is_asked(self, route: Route) -> None:
        from playwright.async_api import Error

        url = route.request.url
        with suppress(Error):  # the page is gone meanwhile
            if url.startswith(self.page_url) or urlsplit(url).scheme in ("data", "blob"):
                await route.continue_()
            elif url.startswith(f"{self._origin}/"):
                await self._fetched(route, url.removeprefix(self._origin))
            else:
                await route.abort()

    async def _fetched(self, route: Route, path: str) -> None:
        """Hands on what the origin answers; a redirect, and what is too large or late, fails."""
        asked = route.request
        sent = tuple(
            (name, value)
            for name, value in (await asked.all_headers()).items()
            if name not in OF_THE_HOP and not name.startswith(":")
        )
        answer = await self._wire.send(
            Request(PAGE_ASKS, asked.method, path.partition("#")[0], sent, asked.post_data_buffer)
        )
        if answer.status is None or 300 <= answer.status < 400:
            await route.abort()
            return
        coding, most = answer.header("content-encoding") or "", self._wire.options.most_bytes
        try:
            body = await asyncio.to_thread(decoded, answer.raw, coding, most)
        except CodingError:
            await route.abort()
            return
        headers = {name: value for name, value in answer.headers if name not in OF_THE_BODY}
        await route.fulfill(status=answer.status, headers=headers, body=body)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The page at `/`; a JSON 404 for whatever else is asked, as by a widget that looks for a server."""
        try:
            async with asyncio.timeout(STEP_S):
                head = await reader.readuntil(b"\r\n\r\n")
                here = head.split(b" ", 2)[1:2] == [b"/"]
                body = (PAGE if here else ELSEWHERE).encode("utf-8")
                words = (
                    ("200 OK", "text/html; charset=utf-8") if here else ("404 Not Found", "application/json")
                )
                # A policy has no words for an address of IPv6, nor for a name beyond ASCII.
                plain = self._host.isascii() and ":" not in self._host
                origin = self._origin if plain else self._origin.partition("//")[0]
                allowed = f"'self' {origin} data: blob: 'unsafe-inline' 'unsafe-eval'"
                writer.write(
                    f"HTTP/1.1 {words[0]}\r\nContent-Type: {words[1]}\r\nContent-Length: {len(body)}\r\n"
                    f"Content-Security-Policy: default-src {allowed}\r\nConnection: close\r\n\r\n".encode(
                        "ascii"
                    )
                )
                writer.write(body)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the browser went, or sent what no browser sends
        finally:
            writer.close()


class Console:
    """What scripts of a page write to the console from now on, in frames and workers too; what the browser
    itself notes there, of a request that failed for one, is left out.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._lines: list[str] = []
        page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        # A note of the browser's has no arguments.
        if len(self._lines) < LINES and (message.args or message.type == "clear"):
            self._lines.append(f"console.{message.type}: {message.text[:200]}")

    async def said(self) -> list[str]:
        """The lines up to now. Raises Inconclusive where the page keeps the console from being heard."""
        mark = f"parley-{secrets.token_hex(8)}"
        heard = self._page.expect_console_message(lambda one: one.text == mark, timeout=STEP_MS)
        async with heard:
            await told(self._page, "(mark) => parleyPage.mark(mark)", mark)
        return [line for line in self._lines if not line.endswith(mark)]


async def told(page: Page, words: str, given: Any = None, seconds: float = STEP_S) -> Any:
    """What a page gives for an expression. Raises Inconclusive where it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            return await page.evaluate(words, given)
    except TimeoutError:
        raise Inconclusive(f"the page did not answer for {seconds:g} s: {words}") from None


async def quiet(page: Page) -> None:
    """Waits until the page asks for nothing more, for a bounded time."""
    from playwright.async_api import TimeoutError as NeverQuiet

    with suppress(NeverQuiet):
        await page.wait_for_load_state("networkidle", timeout=QUIET_MS)


def _hooks() -> str:
    return (Path(str(resources.files("suite"))) / HOOKS).read_text(encoding="utf-8")


def _origin(url: SplitResult) -> str:
    """The origin as a browser writes it: in small letters, without the port that goes without saying."""
    host = url.hostname or ""
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(url.scheme)
    return f"{url.scheme}://{host}" + ("" if url.port in (None, usual) else f":{url.port}")


async def _refused(socket: WebSocketRoute) -> None:
    await socket.close()


async def _ended(server: asyncio.Server) -> None:
    server.close()
