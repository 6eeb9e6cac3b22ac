"""Emoji in the reference widget, in a real browser: in messages, in the picker, and where there are none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from browser_kit import needs_chromium
from playwright.async_api import Browser, Locator, Page, Route, expect
from server_kit import CONFIG, SECRET, SPEC, Person, ServerProcess

from protocol import tokens
from protocol.forms import Part, form
from suite.pictures import PICTURES

pytestmark = [
    needs_chromium,
    pytest.mark.asyncio(loop_scope="module"),
]
UPLOAD, LIST = SPEC.operation("uploadEmoji").path, SPEC.operation("listEmoji").path
SERIOUS = ("serious", "critical")
ANOTHER_LOOK_S = 61  # the widget asks for the list once a minute at most


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(
        tmp_path_factory.mktemp("emoji"), {**CONFIG, "encryption": {"enabled": True}}
    ) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    # Colours that are on their way to others have no contrast to judge.
    context = await browser.new_context(reduced_motion="reduce")
    made = await context.new_page()
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    yield made
    await context.close()
    assert errors == []


def upload(server: ServerProcess, name: str, domain: str, kind: str = "png") -> None:
    claims = tokens.claims(SPEC, "uploader", domain=domain)
    person = Person(server.url, "uploader", tokens.SecretSigner(SECRET.encode()).sign(claims))
    media, body = form([Part("name", name.encode()), Part("file", PICTURES[kind](0), "x.png", "image/png")])
    answer = person.send("POST", UPLOAD, body, {"Content-Type": media})
    assert answer.status == 200, answer


async def enter(page: Page, server: ServerProcess, **claims: Any) -> None:
    """Signs in and makes a room; nobody else has to be there for a message to be shown."""
    user = str(claims.get("domain", "nobody")).partition(".")[0]  # each has a budget of rooms
    made = tokens.claims(SPEC, user, displayName="Alice", lifetime=3600, **claims)
    token = tokens.SecretSigner(SECRET.encode()).sign(made)
    await page.goto(f"{server.url}/#{urlencode({'token': token})}")
    await page.get_by_role("button", name="Create Room", exact=True).click()
    await compose(page).wait_for()


def compose(page: Page) -> Locator:
    return page.get_by_placeholder(SPEC.page["elements"]["compose"]["placeholder"])


async def say(page: Page, text: str) -> Locator:
    """The message as it is shown."""
    messages = page.locator(".chat-message")
    before = await messages.count()
    await compose(page).fill(text)
    await compose(page).press("Enter")
    await expect(messages).to_have_count(before + 1)
    return messages.nth(before)


async def loaded(image: Locator) -> None:
    """Waits until the image is there, and drawn."""
    await expect(image).not_to_have_js_property("naturalWidth", 0)


async def test_names_become_images_and_all_else_stays_text(page: Page, server: ServerProcess) -> None:
    for kind in PICTURES:
        upload(server, f"one_{kind}", "names.example", kind)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.clock.install()
    await enter(page, server, domain="names.example")
    message = await say(page, "a :one_png::one_gif: :one_webp: b :two: 10:30:45 http://h/:one_png:")
    images = message.get_by_role("img")
    await expect(images).to_have_count(len(PICTURES))
    for index, kind in enumerate(PICTURES):
        image = message.get_by_role("img", name=f":one_{kind}:", exact=True)
        await loaded(image)
        assert await images.nth(index).get_attribute("title") is not None
        assert str(await image.get_attribute("src")).startswith("blob:"), "fetched, as a token may be needed"
    await expect(message).to_have_text("a  b :two: 10:30:45 http://h/:one_png:")
    again = await say(page, ":one_png: once more")
    await loaded(again.get_by_role("img", name=":one_png:", exact=True))
    fetched = [url for url in asked if "/emoji/image/" in url]
    assert len(fetched) == len(set(fetched)) == len(PICTURES), "each image is fetched once"
    # Somebody adds one. What was said before is shown by it as well, a while later.
    upload(server, "two", "names.example")
    await page.clock.fast_forward(ANOTHER_LOOK_S * 1000)
    await say(page, "a :three: nobody has")
    await loaded(message.get_by_role("img", name=":two:", exact=True))
    await expect(message).to_have_text("a  b  10:30:45 http://h/:one_png:")
    assert len([url for url in asked if url.endswith(LIST)]) == 2


async def test_without_emoji_the_chat_is_as_before(page: Page, server: ServerProcess) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await enter(page, server)  # the token names no domain: 403
    await expect(await say(page, "a :cat:")).to_have_text("a :cat:")
    await expect(await say(page, "b :cat:")).to_have_text("b :cat:")
    await expect(page.get_by_role("alert")).to_have_text("")
    await expect(page.get_by_role("button", name="Emoji", exact=True)).to_be_hidden()
    assert len([url for url in asked if url.endswith(LIST)]) == 1


async def test_odd_lists_and_images_that_are_not_there_are_text(page: Page, server: ServerProcess) -> None:
    odd = [
        *({"id": "e1", "name": name, "url": "/x.png"} for name in ("a", "a-b", "a" * 33, 7, None)),
        {"id": "", "name": "no_id", "url": "/x.png"},
        {"id": "e2", "name": "no_url"},
        {"id": "e3", "name": "script", "url": "javascript:alert(1)"},
        {"id": "e4", "name": "svg", "url": "/emoji/image/svg"},
        {"id": "e5", "name": "gone", "url": "/emoji/image/gone"},
        None,
        "text",
    ]

    async def listed(route: Route) -> None:
        await route.fulfill(json={"success": True, "emojis": odd})

    async def drawn(route: Route) -> None:
        await route.fulfill(status=200, content_type="text/html", body="<script>alert(1)</script>")

    await page.route(f"**{LIST}", listed)
    await page.route("**/emoji/image/svg", drawn)
    await enter(page, server, domain="odd.example")
    text = ":a: :a-b: :no_id: :no_url: :script: :svg: :gone:"
    message = await say(page, text)
    await expect(message).to_have_text(text)
    await expect(message.get_by_role("img")).to_have_count(0)
    await expect(page.get_by_role("alert")).to_have_text("")


async def test_an_image_that_takes_the_token_is_shown(page: Page, server: ServerProcess) -> None:
    upload(server, "mine", "guarded.example")

    async def guarded(route: Route) -> None:
        if "authorization" in route.request.headers:
            await route.continue_()
        else:
            await route.fulfill(status=401)

    await page.route("**/emoji/image/**", guarded)
    await enter(page, server, domain="guarded.example")
    await loaded((await say(page, ":mine:")).get_by_role("img", name=":mine:", exact=True))


async def test_the_picker_works_by_keyboard_and_is_labelled(page: Page, server: ServerProcess) -> None:
    names = [f"cat_{number:02}" for number in range(12)]
    for name in (*names, "dog"):
        upload(server, name, "picker.example")
    await enter(page, server, domain="picker.example")
    button = page.get_by_role("button", name="Emoji", exact=True)
    panel = page.get_by_role("dialog", name="Emoji", exact=True)
    text = compose(page)
    await text.fill("hello!")
    await text.press("ArrowLeft")
    await button.press("Enter")
    search = panel.get_by_role("searchbox", name="Search emoji")
    await expect(search).to_be_focused()
    assert await grave(page) == []

    def choice(name: str) -> Locator:
        return panel.get_by_role("button", name=f":{name}:", exact=True)

    await search.press("ArrowDown")
    await expect(choice(names[0])).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowLeft")
    await expect(choice(names[1])).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await expect(choice(names[1])).to_be_focused()
    await page.keyboard.press("End")
    await expect(choice("dog")).to_be_focused()
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowUp")
    await expect(search).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(button).to_be_focused()

    await button.press("Enter")
    await search.fill("nothing")
    await expect(panel.get_by_role("status")).to_have_text("No emoji has such a name.")
    await search.fill(":DOG")
    await search.press("Tab")
    await expect(choice("dog")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(panel).to_be_hidden()
    await expect(text).to_be_focused()
    await expect(text).to_have_value("hello :dog: !")
    await page.keyboard.press("Enter")
    await loaded(page.locator(".chat-message").get_by_role("img", name=":dog:", exact=True))

    await button.click()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.emulate_media(color_scheme="dark")
    assert await grave(page) == []
    overlap = await panel.evaluate("(panel) => panel.scrollWidth > panel.clientWidth")
    assert not overlap


async def test_emotes_of_the_catalogue_stand_behind_those_of_the_domain(
    page: Page, server: ServerProcess
) -> None:
    upload(server, "cat", "emotes.example")
    names = ["wave", "cat", "not:a:name", "x"]
    emotes = [{"id": f"01ID{number}", "name": name} for number, name in enumerate(names)]
    answers = [{"status": 502}, {"json": {"emotes": [*emotes, {"id": "../../x", "name": "odd_id"}, None]}}]
    images: list[str] = []

    async def listed(route: Route) -> None:
        await route.fulfill(**answers.pop(0))

    async def drawn(route: Route) -> None:
        images.append(route.request.url.rpartition("/")[2])
        await route.fulfill(content_type="image/webp", body=PICTURES["webp"](0))

    await page.route("**/widget/emotes", listed)
    await page.route("**/widget/emotes/*.webp", drawn)
    await page.clock.install()
    await enter(page, server, domain="emotes.example")
    button = page.get_by_role("button", name="Emoji", exact=True)
    panel = page.get_by_role("dialog", name="Emoji", exact=True)
    await button.click()
    await expect(panel.get_by_role("status")).to_have_text("The public emotes cannot be had just now.")
    await page.keyboard.press("Escape")
    await page.clock.fast_forward(ANOTHER_LOOK_S * 1000)
    await button.click()
    group = panel.get_by_role("group", name="Public emotes")
    await expect(group.get_by_role("button")).to_have_count(1)
    await expect(panel.get_by_role("status")).to_have_text("")
    await panel.get_by_role("searchbox").press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(group.get_by_role("button", name=":wave:", exact=True)).to_be_focused()
    assert await grave(page) == []
    await page.keyboard.press("Enter")
    await expect(compose(page)).to_have_value(":wave: ")
    message = await say(page, ":wave: :cat: :odd_id:")
    for name in ("wave", "cat"):
        await loaded(message.get_by_role("img", name=f":{name}:", exact=True))
    await expect(message).to_have_text("  :odd_id:")
    assert images == ["01ID0.webp"]


async def grave(page: Page) -> list[str]:
    """What axe-core finds serious or critical in the widget as it stands."""
    found = await Axe().run(page, ".chat-widget")
    return [f"{one['id']}: {one['help']}" for one in found.response["violations"] if one["impact"] in SERIOUS]
