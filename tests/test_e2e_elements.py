"""The elements of page.yaml on a page: which locator each one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from e2e.browser.elements import Elements, Unmapped
from protocol.spec import load

SPEC = load()


class Found(str):
    """A locator in words."""

    def and_(self, other: str) -> Found:
        return Found(f"{self} and {other}")


class Page:
    """Says what it was asked for."""

    def locator(self, selector: str) -> Found:
        return Found(f"css {selector}")

    def get_by_role(self, role: str, **named: Any) -> Found:
        return Found(f"role {role}" + "".join(f" {key}={value}" for key, value in named.items()))

    def get_by_placeholder(self, text: str) -> Found:
        return Found(f"placeholder {text}")


def find(name: str, selectors: Mapping[str, str] | None = None) -> Any:
    return Elements(SPEC, selectors or {}).find(Page(), name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("message", "css .chat-message"),
        ("createRoom", "role button name=Create Room exact=True"),
        ("compose", "css textarea and placeholder Type a message..."),
        ("error", "role alert"),
    ],
)
def test_each_way_to_find_an_element(name: str, wanted: str) -> None:
    assert find(name) == wanted


def test_the_targets_own_selector_comes_first() -> None:
    assert find("createRoom", {"createRoom": "#new"}) == "css #new"


def test_what_the_protocol_leaves_open_is_the_target_files_to_say() -> None:
    with pytest.raises(Unmapped, match=r"needs widget\.selectors\.typing in the target file"):
        find("typing")
    assert find("typing", {"typing": ".t"}) == "css .t"


def test_every_element_is_found_or_said_to_be_open() -> None:
    open_ = set()
    for name in SPEC.page["elements"]:
        try:
            find(name)
        except Unmapped:
            open_.add(name)
    assert open_ == {"roomList", "typing", "presence"}
