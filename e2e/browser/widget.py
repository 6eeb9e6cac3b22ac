"""The target's widget on a page of its own, driven as a person would: a Chatter like our headless peers.

Whatever the page does, every step is bounded in time and ends in PageError, which says what was wanted and
what came.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import ConsoleMessage, Dialog, Locator, Page, Request
from playwright.async_api import Error as PlaywrightError

from e2e.browser.elements import Elements, Unmapped
from e2e.browser.listing import Restless, texts_of
from protocol.client import User
from protocol.spec import Spec
from protocol.widget_page import WidgetPage

HOOKS = (Path(__file__).parent / "hooks.js").read_text(encoding="utf-8")
LOAD_S = 10.0  # for a page to load
MADE_S = 3.0  # for a page to make its widget by itself
STEP_S = 10.0  # for one step on it
OPEN_S = 20.0  # for a data channel to open: an offer may have to be knocked for
POLL_S = 0.1
PAUSE_MS = 10  # between two of many messages: a chat, not a flood
LINES = 300  # of its console
CHARS = 4000  # of one of them
BODIES = 2000  # of its requests
BODY_CHARS = 200_000  # of one of them: a witness must not be cut short by a long description
# The newest stand at one of the two ends; to read through all each time takes long.
NEWEST = """(messages, text) => [...messages.slice(-20), ...messages.slice(0, 20)]
  .some((message) => message.textContent.includes(text))"""
Found = TypeVar("Found")


class PageError(Exception):
    """The page would not do a step; the message says which, and what it did."""


@dataclass(frozen=True)
class Opening:
    """How a page is opened: `ice_servers` take the place of those that it would use, where given. A visitor
    who is not `signed_in` comes without a token; without a `microphone` it is refused.
    """

    page: WidgetPage
    relay_only: bool = True
    microphone: bool = True
    ice_servers: list[dict[str, Any]] | None = None
    signed_in: bool = True


@dataclass
class Said:
    """What the page said beside what it shows."""

    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unloaded: list[str] = field(default_factory=list)  # requests that failed, each with the browser's reason
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)  # what it sent: URLs with bodies, frames of WebSockets


class Widget:
    """One visitor's page. Made by `e2e.fixtures`, which closes it."""

    def __init__(self, spec: Spec, page: Page, elements: Elements, user: User, opening: Opening) -> None:
        self.spec = spec
        self.page = page
        self.elements = elements
        self.user = user
        self.name = user.name
        self.opening = opening
        self.said = Said()

    # -- its life

    async def load(self) -> None:
        """Opens the page and waits for the chat. Raises PageError."""
        page = self.page
        page.set_default_timeout(STEP_S * 1000)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._keep(self.said.errors, error))
        page.on("dialog", self._dismiss)
        page.on("request", self._sent)
        page.on("requestfailed", self._failed)
        page.on("websocket", lambda line: line.on("framesent", self._sent_frame))
        options: dict[str, Any] = {"relayOnly": self.opening.relay_only}
        if self.opening.signed_in:
            options["token"] = self.user.token
        settings = {
            **self.spec.page["global"],
            "options": options,
            "iceServers": self.opening.ice_servers,
            "microphone": self.opening.microphone,
        }
        await page.add_init_script(HOOKS.replace("/* SETTINGS */ {}", json.dumps(settings)))
        await self.visit()

    async def reload(self) -> None:
        """The visitor comes to the page again."""
        await self.leave_page()
        await self.visit()

    async def leave_page(self) -> None:
        """Two URLs that differ in the fragment alone are one page to a browser: it would not load anew."""
        await self.do("the page is left", self.page.goto("about:blank"), LOAD_S)

    async def visit(self) -> None:
        """Opens the page and waits for the chat, or what is shown without a token. Raises PageError."""
        token = self.user.token if self.opening.signed_in else ""
        url = self.opening.page.address(token=token, relay=self.opening.relay_only)
        shown = self.opening.page.url
        await self.do(
            f"the page {shown} loads",
            self.page.goto(url, wait_until="domcontentloaded", timeout=LOAD_S * 1000),
            LOAD_S + 1,
        )
        await self._instance()
        if self.opening.signed_in:
            await self.shown("client", f"the chat of {shown} is shown to a visitor with a token")
        else:
            await self.shown("widget", f"the widget of {shown} is shown to a visitor without a token")

    async def _instance(self) -> None:
        """Waits for the page to make its widget; makes one where the page only brings the code."""
        names = self.spec.page["global"]
        try:
            await self._until("the page makes its widget", "() => __parley.widgets.length > 0", MADE_S)
        except PageError:
            made = await self.evaluate(
                """([object, constructor]) => {
                  const Widget = window[object] && window[object][constructor];
                  if (typeof Widget !== "function") return false;
                  const place = document.body.appendChild(document.createElement("div"));
                  place.id = "parley-widget";
                  const here = location.origin;
                  new Widget({ containerId: place.id, authApiUrl: here, signalingUrl: here, autoAuth: true,
                    theme: "light", onReady() {}, onAuthRequired() {} });
                  return true;
                }""",
                [names["object"], names["constructor"]],
            )
            if not made:
                raise PageError(
                    f"the page {self.opening.page.url} has no window.{names['object']}."
                    f"{names['constructor']}{self._trouble()}"
                ) from None

    async def close(self) -> None:
        """Frees its TURN allocations, which closing a page does not, and closes the page. Never raises."""
        for step in (lambda: self.evaluate("() => __parley.close()"), self.page.close):
            try:
                async with asyncio.timeout(STEP_S / 2):
                    await step()
            except (PageError, PlaywrightError, TimeoutError):
                pass

    # -- a person's steps

    async def press_create_room(self) -> None:
        await self.do("Create Room can be pressed", self.find("createRoom").click(), STEP_S)

    async def press(self, name: str) -> None:
        """Presses the button of this name in page.yaml."""
        await self.do(f"{name} can be pressed", self.find(name).click(), STEP_S)

    async def create_room(self) -> str:
        before = await self.room_id()
        await self.press_create_room()
        await self._until(
            "getRoomId() tells the new room",
            "(before) => { const id = __parley.widgets.at(-1).getRoomId(); return id && id !== before; }",
            STEP_S,
            before,
        )
        return str(await self.room_id())

    async def join(self, room: str) -> None:
        """Joins by the room's id and waits for an open channel."""
        already = await self.evaluate("() => __parley.openings")
        await self.evaluate("(id) => { __parley.widgets.at(-1).joinRoom(id); }", room)
        await self._until(
            f"a data channel opens after joinRoom({room!r})",
            "(already) => __parley.openings > already && __parley.open() > 0",
            OPEN_S,
            already,
        )

    async def say(self, text: str) -> None:
        compose = self.find("compose")
        await self.do("a message can be written", compose.fill(text), STEP_S)
        await self.do(
            f"{self.elements.send_key} can be pressed", compose.press(self.elements.send_key), STEP_S
        )

    async def messages(self) -> list[str]:
        """The texts of all messages, in the order of the page; a widget may show names with them, and may
        have only those in view in its document.
        """
        wanted = "the messages can be read"
        try:
            return await texts_of(self.find("message"), lambda step: self.do(wanted, step, STEP_S))
        except Restless as error:
            raise PageError(f"wanted: {wanted}; {error}{self._trouble()}") from None

    async def comes(self, text: str, within_s: float) -> bool:
        """Waits until a message with this text is among the newest shown; whether it was."""
        messages = self.find("message")
        until = asyncio.get_running_loop().time() + within_s
        while asyncio.get_running_loop().time() < until:
            if await self.do("the messages can be read", messages.evaluate_all(NEWEST, text), STEP_S):
                return True
            await asyncio.sleep(POLL_S)
        return False

    async def start_typing(self) -> None:
        await self.do(
            "a message can be typed", self.find("compose").press_sequentially("hello", delay=10), STEP_S
        )

    async def typing(self) -> bool:
        return bool((await self._text("typing")).strip())

    async def online(self) -> list[str]:
        text = await self._text("presence")
        return [line.strip() for line in text.splitlines() if line.strip()]

    async def leave(self) -> None:
        await self.evaluate("() => { __parley.widgets.at(-1).destroy(); }")

    async def alerts(self) -> str:
        """The error text that is shown."""
        return await self._text("error")

    async def gap_reasons(self) -> list[str]:
        """The reasons that getState() names for gaps. Raises Unmapped where it tells of none at all."""
        found = await self.evaluate("() => __parley.widgets.at(-1).getState()?.gaps ?? null")
        if not isinstance(found, list):
            raise Unmapped("needs getState() to tell of gaps: nothing else on the page does")
        return [str(gap.get("reason")) for gap in found if isinstance(gap, dict)]

    # -- the page's clock

    async def hold_time(self) -> None:
        """From now on its timers can be moved; they go on by themselves as well."""
        await self.do("its clock is held", self.page.clock.install(), STEP_S)

    async def go_back_in_time(self, seconds: float) -> None:
        """The visitor comes again, to a page whose clock is so many seconds slow, and can be moved."""
        await self.leave_page()
        await self.do("its clock is set", self.page.clock.install(time=time.time() - seconds), STEP_S)
        await self.visit()

    async def pass_time(self, seconds: float) -> None:
        """So many seconds pass at once for the page: timers that are due go off, once each. Frames come no
        faster: more at once than a connection may be silent looks like a loss.
        """
        await self.do("its clock moves", self.page.clock.fast_forward(int(seconds * 1000)), STEP_S)

    # -- what only a browser shows

    async def room_id(self) -> str | None:
        found = await self.evaluate("() => __parley.widgets.at(-1).getRoomId()")
        return found if isinstance(found, str) else None

    async def ran(self) -> int:
        """How often markup of a message ran: it called what the harness left in the page, or opened a box.
        Pictures that it asked for have failed by then: one asked for now has.
        """
        await self.evaluate(
            """() => new Promise((done) => {
              const picture = new Image();
              picture.onload = picture.onerror = () => done();
              picture.src = `x?${Math.random()}`;
            })"""
        )
        return int(await self.evaluate("() => __parley.ran")) + len(self.said.dialogs)

    async def timed_frames(self, way: str) -> list[dict[str, Any]]:
        """The text frames with the page's time in ms at which they went or came."""
        script = "(way) => __parley.frames.filter((f) => f.way === way && f.text !== null)"
        return list(await self.evaluate(script, way))

    async def opened_after_ms(self) -> float | None:
        """How long after it read an answer its last channel opened; None where it answered itself."""
        found = await self.evaluate("() => __parley.opened.at(-1) ?? null")
        return float(found) if isinstance(found, int | float) else None

    async def send_all(self, texts: list[str]) -> None:
        """Sends many messages by sendMessage(), one after the other."""
        script = """async ([texts, pause]) => {
          for (const text of texts) {
            await __parley.widgets.at(-1).sendMessage(text);
            await new Promise((done) => setTimeout(done, pause));
          }
        }"""
        step = self.page.evaluate(script, [texts, PAUSE_MS])
        await self.do("sendMessage() takes many messages", step, OPEN_S)

    async def descriptions(self) -> list[str]:
        """Every session description and candidate that its connections made."""
        return list(await self.evaluate("() => __parley.sdp"))

    async def stats(self) -> list[dict[str, Any]]:
        """getStats() of each of its connections."""
        return list(await self.evaluate("() => __parley.stats()"))

    async def shown(self, name: str, wanted: str, timeout_s: float = STEP_S) -> None:
        """Waits for an element. Raises PageError."""
        await self.do(wanted, self.find(name).first.wait_for(timeout=timeout_s * 1000), timeout_s + 1)

    async def evidence(self) -> dict[str, bytes]:
        """Console, WebRTC internals and screenshot of a failure, by file name; what can be had of them."""
        lines = [*self.said.console, *(f"error: {line}" for line in self.said.errors)]
        lines += [f"dialog: {line}" for line in self.said.dialogs]
        found = {"console.log": ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")}
        try:
            internals = {"connections": await self.stats(), "descriptions": await self.descriptions()}
            found["webrtc.json"] = json.dumps(internals, indent=1).encode()
            found["page.png"] = await self.do("a screenshot", self.page.screenshot(), STEP_S)
        except PageError:
            pass  # a page that answers nothing shows nothing
        return found

    # -- inside

    def find(self, name: str) -> Locator:
        return self.elements.find(self.page, name)

    async def _text(self, name: str) -> str:
        found = await self.do(f"{name} can be read", self.find(name).all_inner_texts(), STEP_S)
        return "\n".join(found)

    async def evaluate(self, script: str, argument: Any = None) -> Any:
        return await self.do("the page answers", self.page.evaluate(script, argument), STEP_S)

    async def _until(self, wanted: str, script: str, timeout_s: float, argument: Any = None) -> None:
        until = asyncio.get_running_loop().time() + timeout_s
        while not await self.evaluate(script, argument):
            if asyncio.get_running_loop().time() > until:
                raise PageError(f"wanted: {wanted}; it did not within {timeout_s:g} s{self._trouble()}")
            await asyncio.sleep(POLL_S)

    async def do(self, wanted: str, step: Awaitable[Found], timeout_s: float) -> Found:
        try:
            # Not wait_for, which in Python 3.11 may swallow a cancellation that comes with the answer.
            async with asyncio.timeout(timeout_s):
                return await step
        except TimeoutError:
            raise PageError(f"wanted: {wanted}; it did not within {timeout_s:g} s{self._trouble()}") from None
        except PlaywrightError as error:
            raise PageError(f"wanted: {wanted}; got {_first_line(error)}{self._trouble()}") from None

    def _trouble(self) -> str:
        """What the page itself complained of last, and the boxes that it opened."""
        words = f" (its last error: {self.said.errors[-1][:200]})" if self.said.errors else ""
        words += f" (not loaded: {self.said.unloaded[-1][:200]})" if self.said.unloaded else ""
        return words + (f" (it opened {len(self.said.dialogs)} alert boxes)" if self.said.dialogs else "")

    @staticmethod
    def _keep(lines: list[str], line: object, most: int = LINES, chars: int = CHARS) -> None:
        if len(lines) < most:
            lines.append(str(line)[:chars])

    def _failed(self, request: Request) -> None:
        # Without its query, which may hold what is secret. Other requests a page may also give up itself.
        if request.resource_type in ("document", "script"):
            self._keep(self.said.unloaded, f"{request.url.split('?')[0]}: {request.failure}")

    def _sent(self, request: Request) -> None:
        # Not post_data, which raises for what is no UTF-8.
        body = (request.post_data_buffer or b"").decode("utf-8", "replace")
        if body or "?" in request.url:
            self._keep(self.said.requests, f"{request.url} {body}", BODIES, BODY_CHARS)

    def _sent_frame(self, frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
        self._keep(self.said.requests, text, BODIES, BODY_CHARS)

    def _heard(self, message: ConsoleMessage) -> None:
        self._keep(self.said.console, f"{message.type}: {message.text}")

    async def _dismiss(self, dialog: Dialog) -> None:
        self._keep(self.said.dialogs, f"{dialog.type}: {dialog.message}")
        try:
            await dialog.dismiss()
        except PlaywrightError:
            pass  # the page has gone meanwhile


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
