"""How a page shows the name of an emoji in a message: as page.yaml says, by what a person is told of it."""

from __future__ import annotations

from e2e.browser.widget import STEP_S, Widget

IMAGE = "its image"
TEXT = "its name as text"
# What another element than an image draws, by its styles, no script can tell.
LOOKS = """(node, [image]) => {
  if (!(node instanceof HTMLImageElement)) return image;
  return node.complete && node.naturalWidth > 0 ? image : "an image that does not load";
}"""


async def shown_as(widget: Widget, message: str, name: str) -> str:
    """What stands for `:name:` in the newest message with this text: IMAGE, TEXT, or what is wrong. Raises
    PageError.
    """
    written = f":{name}:"
    found = widget.find("message").filter(has_text=message).last
    await widget.do("the message is shown", found.wait_for(timeout=STEP_S * 1000), STEP_S + 1)
    told = widget.elements.find(found, "emoji", text=written)
    told = told.or_(widget.elements.find(found, "emoji", text=name))
    text = await widget.do("the message can be read", found.inner_text(), STEP_S)
    count = await widget.do("its images can be counted", told.count(), STEP_S)
    if count == 0 and written in text:
        return TEXT
    if count == 0:
        return f"no image that is called {written} or {name}, and no text"
    if written in text:
        return "an image, and its name as text besides"
    looks: str = await widget.do("its image can be looked at", told.first.evaluate(LOOKS, [IMAGE]), STEP_S)
    return looks
