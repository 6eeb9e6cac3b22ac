"""Browsers of two makes chat with each other (nightly: Firefox is one more to start)."""

from __future__ import annotations

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright

from e2e.checks.widget import shows
from e2e.fixtures import NewWidget
from e2e.options import LOOPBACK
from e2e.registry import check
from protocol.marks import mark
from suite import launch
from suite.expectations import NotRun, expect

FIREFOX = "there is no firefox: install it (apt-get install firefox-esr, or playwright install firefox)"


@check("WID-2", nightly=True, limit_s=120, network=LOOPBACK)  # Firefox is led by a socket: not in the lab
async def chromium_and_firefox_chat(new_widget: NewWidget, playwright: Playwright) -> None:
    try:
        firefox = await playwright.firefox.launch(**launch.arguments("firefox"))
    except PlaywrightError as error:
        if "Executable doesn't exist" not in str(error):
            raise
        raise NotRun(FIREFOX, "tools") from None
    try:
        one, other = await new_widget("widget"), await new_widget("second", browser=firefox)
        for host, guest in ((one, other), (other, one)):
            await guest.join(await host.create_room())
            texts = [mark(), mark()]
            await host.say(texts[0])
            expect(await shows(guest, texts[0]), f"what {guest.user.actor} is shown").equals(texts[:1])
            await guest.say(texts[1])
            expect(await shows(host, *texts), f"what {host.user.actor} is shown").equals(texts)
    finally:
        await firefox.close()
