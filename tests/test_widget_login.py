"""The widget's login form in a real browser: the way in, what goes wrong, sessions that go on and end."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import ClassVar
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from browser_kit import PATIENCE_MS, needs_chromium
from playwright.async_api import Browser, BrowserContext, Page, Response, expect
from server_kit import CONFIG, SECRET, SPEC, ServerProcess
from test_cdn_checks import serving

from protocol import cdn, tokens

pytestmark = [
    needs_chromium,
    pytest.mark.asyncio(loop_scope="module"),
]
NAMES = SPEC.policy["names"]
ROOMS = SPEC.operation("listRooms").path
OVER = "Your sign-in is over. Please sign in again."
DEAF = "addEventListener('storage', (event) => event.stopImmediatePropagation())"


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another origin of the same site that has the widget of the server."""

    server_url: ClassVar[str] = ""

    def do_GET(self) -> None:
        facts = SPEC.page["delivery"]
        script = self.server_url + cdn.exact_folder(SPEC, facts["version"]) + facts["files"]["minified"]
        options = {"containerId": "chat", "authApiUrl": self.server_url, "signalingUrl": self.server_url}
        page = f"""<!doctype html><title>Else</title><div id="chat"></div><script src="{script}"></script>
<script>new StrixunChat.ChatWidget({json.dumps(options)})</script>"""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    with serving(Elsewhere) as url:
        yield url


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, elsewhere: str) -> Iterator[ServerProcess]:
    config = {**CONFIG, "cors": {"allowed_origins": [elsewhere]}}
    with ServerProcess(tmp_path_factory.mktemp("server"), config) as running:
        yield running


Visit = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context()
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(context: BrowserContext, server: ServerProcess) -> AsyncIterator[Visit]:
    errors: list[str] = []

    async def opened(**fragment: str) -> Page:
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"{server.url}/#{urlencode(fragment)}")
        return page

    yield opened
    assert errors == []


def code_of(server: ServerProcess, email: str) -> str:
    asked = f"{server.url}{SPEC.test_control['readOtp']}?{urlencode({'email': email})}"
    with urllib.request.urlopen(asked) as answer:
        return str(json.load(answer)["otp"])


async def ask(page: Page, email: str) -> None:
    await page.locator('input[name="email"]').fill(email)
    await page.get_by_role("button", name="Send Code", exact=True).click()


async def prove(page: Page, code: str) -> None:
    await page.locator('input[name="otp"]').fill(code)
    await page.get_by_role("button", name="Verify", exact=True).click()


async def log_in(page: Page, server: ServerProcess, email: str) -> None:
    await ask(page, email)
    await expect(page.get_by_role("status").filter(has_text=f"If {email} is your address")).to_be_visible()
    await prove(page, code_of(server, email))
    await expect(page.locator(".chat-subtitle")).to_have_text(re.compile("Signed in as "))


async def log_in_beside(page: Page, server: ServerProcess, email: str) -> None:
    """In a room, whose subtitle is another."""
    await ask(page, email)
    await expect(page.get_by_role("status").filter(has_text=f"If {email} is your address")).to_be_visible()
    await prove(page, code_of(server, email))
    await expect(page.locator('input[name="email"]')).to_be_hidden()


def wrote(answer: Response) -> bool:
    return answer.request.method == "POST" and answer.url.endswith(SPEC.operation("createRoom").path)


async def makes_a_room(page: Page) -> None:
    await page.get_by_role("button", name="Create Room", exact=True).click()
    await page.get_by_role("textbox", name="Message").wait_for()


async def test_a_login_by_keyboard_is_kept_by_cookies_alone(
    visit: Visit, server: ServerProcess, context: BrowserContext
) -> None:
    page = await visit()
    email = page.locator('input[name="email"]')
    await email.press("Tab")  # from the field itself: where focus begins on a page is the browser's
    await expect(page.get_by_role("button", name="Send Code")).to_be_focused()
    await email.fill("keys@example.test")
    await email.press("Enter")
    await expect(page.locator('input[name="otp"]')).to_be_focused()
    code = code_of(server, "keys@example.test")
    await page.keyboard.type(f"{code[:3]} {code[3:]}")  # as some mail programs show it
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Create Room")).to_be_focused()
    await makes_a_room(page)
    kept = {cookie["name"]: cookie for cookie in await context.cookies(f"{server.url}/auth/refresh")}
    assert set(kept) == {NAMES["token_cookie"], NAMES["refresh_cookie"]}
    assert all(cookie["httpOnly"] for cookie in kept.values())
    stored = await page.evaluate("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert not any(cookie["value"] in stored for cookie in kept.values()) and "eyJ" not in stored


async def test_a_session_goes_on_in_another_tab_and_is_renewed(
    visit: Visit, server: ServerProcess, context: BrowserContext
) -> None:
    page = await visit()
    await log_in(page, server, "tabs@example.test")
    other = await visit()
    await expect(other.locator(".chat-subtitle")).to_have_text(re.compile("Signed in as "))
    renewed: list[str] = []
    for tab in (page, other):
        tab.on("request", lambda request: renewed.append(request.url))
    await context.clear_cookies(name=NAMES["token_cookie"])  # as a browser does when its time is over
    await makes_a_room(page)
    await makes_a_room(other)
    asked = [url for url in renewed if url.endswith(SPEC.operation("refresh").path)]
    assert len(asked) == 1, "one tab renews it for both"
    later = await visit()
    await expect(later.locator(".chat-subtitle")).to_have_text(re.compile("Signed in as "))


async def test_whoever_signs_out_is_out_in_every_tab(visit: Visit, server: ServerProcess) -> None:
    page, other = await visit(), None
    await log_in(page, server, "out@example.test")
    other = await visit()
    await expect(other.locator(".chat-subtitle")).to_have_text(re.compile("Signed in as "))
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator('input[name="email"]')).to_be_visible()
    await expect(other.locator('input[name="email"]')).to_be_visible()
    await expect(other.get_by_role("alert")).to_have_text(re.compile("Please sign in again.$"))
    await log_in(other, server, "else@example.test")
    await page.reload()
    await expect(page.locator(".chat-subtitle")).to_have_text(re.compile("Signed in as "))


async def test_a_tab_never_acts_as_who_signed_in_in_another_one(visit: Visit, server: ServerProcess) -> None:
    """Cookies are those of all tabs; a tab is one person's."""
    alice, lobby, away = await visit(), await visit(), await visit()
    await log_in(alice, server, "alice@example.test")
    await makes_a_room(alice)
    # A tab that does not hear of the others (a browser may hold one still) is held by its word against CSRF.
    await lobby.add_init_script(DEAF)
    for tab in (lobby, away):
        await tab.reload()
        await expect(tab.locator(".chat-subtitle")).to_have_text(re.compile("Signed in as "))
    await lobby.route(f"**{ROOMS}", lambda route: route.abort())
    await away.get_by_role("button", name="Sign out").click()
    await log_in(away, server, "bob@example.test")
    await expect(alice.get_by_role("alert")).to_have_text(OVER)
    await expect(alice.locator('input[name="email"]')).to_be_visible()
    await expect(alice.get_by_role("textbox", name="Message")).to_be_visible()  # an open channel stays open
    async with lobby.expect_response(wrote) as written:
        await lobby.get_by_role("button", name="Create Room", exact=True).click()
    assert (await written.value).status == 403, "nothing is written as somebody else"
    await log_in_beside(alice, server, "alice@example.test")
    await expect(away.get_by_role("alert")).to_have_text(OVER)


async def test_signing_out_ends_the_session_or_says_that_it_goes_on(
    visit: Visit, server: ServerProcess, context: BrowserContext
) -> None:
    page = await visit()
    await log_in(page, server, "ends@example.test")
    logout = f"**{SPEC.operation('logout').path}"
    await page.route(logout, lambda route: route.abort())
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("alert")).to_have_text(re.compile("^You are still signed in. "))
    await expect(page.get_by_role("button", name="Create Room", exact=True)).to_be_enabled()
    await page.unroute(logout)
    await context.clear_cookies(name=NAMES["token_cookie"])  # its time is over; the session's is not
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator('input[name="email"]')).to_be_visible()
    await expect(page.get_by_role("alert")).to_be_empty()
    assert await context.cookies(f"{server.url}{SPEC.operation('refresh').path}") == []


async def test_who_is_in_a_room_stays_there_and_logs_in_beside_it(
    visit: Visit, server: ServerProcess, context: BrowserContext
) -> None:
    page = await visit()
    await log_in(page, server, "room@example.test")
    await makes_a_room(page)
    room = await page.locator(".chat-subtitle").inner_text()
    await context.clear_cookies()
    await page.get_by_label("Room id").fill("room_nowhere")
    await page.get_by_role("button", name="Join", exact=True).click()
    await expect(page.locator('input[name="email"]')).to_be_visible()
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    await log_in_beside(page, server, "room@example.test")
    assert await page.locator(".chat-subtitle").inner_text() == room


async def test_what_goes_wrong_is_said_and_loses_nothing(visit: Visit, server: ServerProcess) -> None:
    page = await visit()
    alert = page.get_by_role("alert")
    await ask(page, "wrong@example.test")
    await prove(page, "12345")
    await expect(alert).to_have_text("That is no code.")
    wrong = str(int(code_of(server, "wrong@example.test")) ^ 1).rjust(SPEC.limits["otp_digits"], "0")
    await prove(page, wrong)
    await expect(alert).to_have_text("The code is wrong, used, or too old.")
    await expect(page.locator('input[name="otp"]')).to_be_focused()
    budget = SPEC.operation("requestOtp").budget
    assert budget is not None
    for _ in range(budget.limit - 1):
        await page.get_by_role("button", name="Send a new code").click()
        await expect(page.get_by_role("button", name="Send a new code")).to_be_enabled()
    await page.get_by_role("button", name="Send a new code").click()
    await expect(alert).to_have_text(re.compile(r"^Too many codes .* Please wait \d+ seconds"))
    await prove(page, code_of(server, "wrong@example.test"))
    await expect(page.locator(".chat-subtitle")).to_have_text(re.compile("Signed in as "))


async def test_a_page_elsewhere_goes_on_by_a_token(
    server: ServerProcess, elsewhere: str, context: BrowserContext
) -> None:
    Elsewhere.server_url = server.url
    page = await context.new_page()
    await page.goto(f"{elsewhere}/")
    await log_in(page, server, "elsewhere@example.test")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.headers.get("authorization", "")))
    async with page.expect_request(lambda request: request.url.endswith(ROOMS) and request.method == "GET"):
        await page.reload()
    await expect(page.locator(".chat-subtitle")).to_have_text(re.compile("Signed in as "))
    assert "Bearer null" not in sent


async def test_a_token_of_the_page_needs_no_login_and_has_no_way_out(visit: Visit) -> None:
    signer = tokens.SecretSigner(SECRET.encode())
    page = await visit(token=signer.sign(tokens.claims(SPEC, "alice", lifetime=3600)))
    await expect(page.locator(".chat-subtitle")).to_have_text("Signed in as alice")
    await expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    assert await page.locator('input[name="email"]').count() == 0
