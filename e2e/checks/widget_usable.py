"""widget: everybody can use it (WID-11), by keyboard, and as axe-core judges."""

from __future__ import annotations

from typing import Literal

from e2e.browser.axe import grave_findings
from e2e.browser.keyboard import Keyboard
from e2e.browser.widget import STEP_S, Widget
from e2e.checks.widget import shows, together
from e2e.fixtures import NewWidget
from e2e.registry import check
from e2e.waiting import eventually
from protocol.marks import mark
from suite.expectations import expect, given_that

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES = ((1280, 800), (390, 844))  # CSS pixels: a desk, a telephone


@check("WID-11", takes_s=6)
async def a_message_is_sent_by_keyboard_only(widget: Widget) -> None:
    keys = Keyboard(widget)
    expect(await keys.goes_to("createRoom"), "whether Tab gets to Create Room").equals(True)
    await keys.press("Enter")
    room = await eventually(widget.room_id, lambda made: made is not None)
    expect(room, "the room that Enter on Create Room made").is_none_of([None])
    await widget.shown("compose", "a message can be written")
    expect(await keys.goes_to("compose"), "whether Tab gets to where a message is written").equals(True)
    text = mark()
    await keys.write(text)
    await keys.press(widget.elements.send_key)
    expect(await shows(widget, text), "what is shown of a message sent by keyboard").equals([text])
    expect(await keys.goes_to("compose"), "whether one gets back to the text").equals(True)
    for key in ("Tab", "Shift+Tab"):
        expect(await keys.trapped(key), f"where {key} gets no further").equals("")


@check("WID-11", takes_s=5)
async def the_focus_is_seen(widget: Widget) -> None:
    count, unseen = await Keyboard(widget).unseen()
    given_that(count, "how many elements get the focus").at_least(1)
    expect(unseen, f"which of {count} elements look with the focus just like without").equals([])


@check("WID-11", takes_s=8)
async def nothing_serious_is_found_before_a_chat(new_widget: NewWidget) -> None:
    visitor = await new_widget("visitor", signed_in=False)
    expect(await findings(visitor), "what is serious for a visitor without a token").equals([])
    widget = await new_widget("widget")
    expect(await findings(widget), "what is serious where one makes or joins a room").equals([])


@check("WID-11", takes_s=8)
async def nothing_serious_is_found_in_a_chat(widget: Widget, second: Widget) -> None:
    await together(widget, second)
    texts = [mark() for _ in range(4)]
    for number, text in enumerate(texts):
        await (widget, second)[number % 2].say(text)
        given_that(await shows(widget, text), "what is shown").equals([text])
    await second.start_typing()
    expect(await findings(widget), "what is serious in a chat").equals([])


async def findings(widget: Widget) -> list[str]:
    """What is serious or critical, in light and dark, on a desk and on a telephone."""
    found: list[str] = []
    for width, height in SIZES:
        size = widget.page.set_viewport_size({"width": width, "height": height})
        await widget.do("the window gets another size", size, STEP_S)
        for scheme in SCHEMES:
            wish = widget.page.emulate_media(color_scheme=scheme)
            await widget.do(f"the browser wishes for {scheme} pages", wish, STEP_S)
            found += [f"{scheme}, {width} px: {one}" for one in await grave_findings(widget)]
    return found
