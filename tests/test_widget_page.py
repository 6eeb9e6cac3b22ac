"""The URL of a widget's page: what is filled in, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from protocol.spec import load
from protocol.target_file import TargetError
from protocol.widget_page import WidgetPage, page_url, widget_page
from suite import opening
from suite.embedded import embedded_target

SPEC = load()
BASE = "http://127.0.0.1:8080"


def test_the_words_are_filled_in_and_quoted() -> None:
    page = WidgetPage(BASE + "/?r={room}&relay={relay}#token={token}")
    assert page.address(token="a b&c", room="room_1", relay=True) == (
        BASE + "/?r=room_1&relay=1#token=a%20b%26c"
    )
    assert page.address() == BASE + "/?r=&relay=#token="


def test_a_path_is_one_of_the_targets_own() -> None:
    assert widget_page({"url": "/chat"}, BASE, SPEC).url == BASE + "/chat"
    assert widget_page({"url": "https://cdn.example/x"}, BASE, SPEC).url == "https://cdn.example/x"


@pytest.mark.parametrize(
    "url",
    ["", "chat", "ftp://a/", "javascript:alert(1)", "http://", "http://a:0/", "http://a:99999/", "http://[/"],
)
def test_what_is_no_page_is_refused(url: str) -> None:
    with pytest.raises(TargetError, match="--app-url: expected the http or https URL of a page"):
        page_url(url, "--app-url")


@pytest.mark.parametrize("word", ["user", "", "token.x", "Token"])
def test_a_word_that_nobody_fills_in_is_refused(word: str) -> None:
    with pytest.raises(TargetError, match=r"is not filled in; expected some of \{token\}"):
        page_url(f"{BASE}/{{{word}}}", "widget.url")


def test_a_selector_of_no_element_is_refused() -> None:
    with pytest.raises(TargetError, match=r"widget\.selectors\.mesage: no such element.*message"):
        widget_page({"url": "/", "selectors": {"mesage": ".m"}}, BASE, SPEC)


def test_a_target_at_another_url_takes_its_own_widget_along() -> None:
    target = embedded_target(SPEC)
    assert target.widget is not None
    path = target.widget.url.removeprefix(target.base_url)
    moved = opening.at(target, BASE)
    assert (moved.base_url, moved.widget and moved.widget.url) == (BASE, BASE + path)
    # A base URL that is only the start of another host's port is not that host.
    foreign = opening.at(opening.at(target, "http://127.0.0.1:80"), BASE)
    assert foreign.widget and foreign.widget.url == BASE + path
    elsewhere = opening.at(moved, "http://127.0.0.1:80")
    assert opening.at(elsewhere, "http://x").widget == WidgetPage("http://x" + path, target.widget.selectors)


def test_a_widget_of_another_host_stays_where_it_is() -> None:
    target = replace(embedded_target(SPEC), base_url="http://127.0.0.1:80", widget=WidgetPage(BASE + "/x"))
    moved = opening.at(target, "http://127.0.0.1:9")
    assert moved.widget is not None
    assert moved.widget.url == BASE + "/x"
