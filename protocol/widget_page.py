"""Where a target's chat widget is, and how its parts are found: the [widget] table of a target file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from protocol.spec import Spec
from protocol.target_file import Json, TargetError, near

WORDS = ("token", "room", "relay")  # what a page's URL may have in braces


@dataclass(frozen=True)
class WidgetPage:
    """`selectors` replace those of page.yaml, by the name of the element."""

    url: str
    selectors: Mapping[str, str] = field(default_factory=dict)

    def address(self, *, token: str = "", room: str = "", relay: bool = False) -> str:
        """The URL with its words filled in."""
        values = {"token": quote(token), "room": quote(room), "relay": "1" if relay else ""}
        return re.sub(r"\{(\w+)\}", lambda word: values[word[1]], self.url)


def widget_page(found: Json, base_url: str, spec: Spec) -> WidgetPage:
    """The page of a [widget] table. Raises TargetError."""
    selectors, elements = found.get("selectors", {}), spec.page["elements"]
    for name in selectors:
        if name not in elements:
            raise TargetError(f"widget.selectors.{name}: no such element of page.yaml{near(name, elements)}")
    url = found["url"]
    return WidgetPage(page_url(base_url + url if url.startswith("/") else url, "widget.url"), selectors)


def page_url(url: str, key: str) -> str:
    """The URL of a page, which may have words in braces. Raises TargetError, naming the key."""
    for word in re.findall(r"\{([^}]*)\}", url):
        if word not in WORDS:
            known = ", ".join(f"{{{name}}}" for name in WORDS)
            raise TargetError(f"{key}: {{{word}}} is not filled in; expected some of {known}")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise TargetError(f"{key}: expected the http or https URL of a page, got {url!r}")
    return url
