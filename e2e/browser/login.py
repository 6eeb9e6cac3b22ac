"""A person's steps on the login form of a widget's page."""

from __future__ import annotations

from e2e.browser.widget import STEP_S, PageError, Widget


async def ask_for_a_code(widget: Widget, email: str) -> None:
    """Has a code sent to an address. Raises PageError."""
    await widget.do("an e-mail address can be typed", widget.find("email").fill(email), STEP_S)
    await widget.press("sendCode")
    await widget.shown("otp", "a code is asked for after Send Code")


async def prove(widget: Widget, code: str) -> None:
    """Types the code that came, has it sent, and waits for the chat. Raises PageError."""
    await widget.do("a code can be typed", widget.find("otp").fill(code), STEP_S)
    if not await _sent(widget, code):
        try:
            await widget.press("verify")
        except PageError:
            # A form that waits a little before it sends by itself takes the button away under one's hand.
            step = widget.find("client").first.is_visible()
            if not await widget.do("whether the chat is shown can be seen", step, STEP_S):
                raise
    await widget.shown("client", "the chat is shown after the right code")


async def _sent(widget: Widget, code: str) -> bool:
    """Whether the form sent the code by itself, as it may; its button is busy or gone then."""
    # What typing set off has begun by then.
    await widget.evaluate("() => new Promise((done) => setTimeout(done))")
    return any(code in request for request in widget.said.requests)
