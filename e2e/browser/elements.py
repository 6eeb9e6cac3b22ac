"""The page object: the elements that page.yaml names, found as it says, or by the target's own selectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.async_api import Locator, Page

from protocol.spec import Spec


class Unmapped(Exception):
    """page.yaml leaves it to the widget how something is shown, and the target file does not say."""


def unmapped(name: str) -> Unmapped:
    """Why an element cannot be looked for."""
    return Unmapped(f"needs widget.selectors.{name} in the target file: the protocol gives no selector")


class Elements:
    """Finds elements by their names in page.yaml. `selectors` are those of the target file."""

    def __init__(self, spec: Spec, selectors: Mapping[str, str]) -> None:
        self._known: Mapping[str, Mapping[str, Any]] = spec.page["elements"]
        self._selectors = selectors
        self.send_key: str = spec.page["keys"]["send"]

    def find(self, page: Page | Locator, name: str, *, text: str | None = None) -> Locator:
        """The element, or all of them where it repeats. `text`: what labels it, where page.yaml cannot
        know that. Raises Unmapped.
        """
        known = self._known[name]
        if name in self._selectors:
            found = page.locator(self._selectors[name])
            return found if text is None else found.and_(labelled(page, text))
        if "role" in known:
            label = known.get("text", text)
            named = {} if label is None else {"name": label, "exact": True}
            found = page.get_by_role(known["role"], **named)
            return found.and_(page.locator(known["selector"])) if "selector" in known else found
        if "selector" not in known:
            raise unmapped(name)
        found = page.locator(known["selector"])
        return found.and_(page.get_by_placeholder(known["placeholder"])) if "placeholder" in known else found


def labelled(page: Page | Locator, text: str) -> Locator:
    """Whatever is labelled by exactly this, of any role."""
    found = page.get_by_label(text, exact=True)
    return found.or_(page.get_by_alt_text(text, exact=True)).or_(page.get_by_title(text, exact=True))
