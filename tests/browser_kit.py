"""A browser for the tests of a page, where the machine has one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from suite import launch

CHROMIUM = launch.arguments("chromium")
needs_chromium = pytest.mark.skipif(
    "executable_path" not in CHROMIUM, reason="chromium is not installed (make test says how)"
)
# What a page is to show may take its time where others have the processor; the default is five seconds.
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)
# Holds the widget that the page makes.
HOLD = """(() => {
  let held;
  Object.defineProperty(window, "StrixunChat", { get: () => held, set(value) {
    held = { ChatWidget: function (options) { return (window.widget = value.ChatWidget(options)); } };
  } });
})()"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for the tests of a module, in place of pytest-playwright's, which is in another loop."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(**CHROMIUM)
        yield started
        await started.close()
