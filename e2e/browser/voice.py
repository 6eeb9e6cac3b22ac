"""What a page does with microphones and voices, as the harness's hooks see it."""

from __future__ import annotations

from e2e.browser.widget import Widget


async def microphones(widget: Widget) -> tuple[int, int]:
    """How often the page asked for a microphone, and how many tracks of one are on. Raises PageError."""
    asked, live = await widget.evaluate("() => [__parley.asked, __parley.live()]")
    return int(asked), int(live)


async def hearing(widget: Widget) -> int:
    """How many live audio tracks of others it has. Raises PageError."""
    return int(await widget.evaluate("() => __parley.hearing()"))
