"""Hostile text in Markdown, read back by a parser: it stays text, whole, and where it was put."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports import markdown_text as text
from reports import pages
from reports.evidence import plain

READ = MarkdownIt("gfm-like", {"linkify": True, "html": True})
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</details><script>alert(1)</script>",
    "`` ` ``` ``",
    "```\n# not a heading\n```",
    "a | b \\| c",
    "[a link](https://evil.example) ![p](x) <https://evil.example> https://evil.example www.evil.example",
    "javascript:alert(1) mailto:someone@evil.example someone@evil.example",
    "*not* _emphasis_ ~~gone~~ **bold** &lt;b&gt; &#60;",
    "# 1. - + > ---",
    "- an item",
    "1) an item",
    "\x1b[31mred\x07\u202eturned\ud800",
    "``` ```` `",
    "\\`",
    "$x^2$ \\(y\\)",
]
ANY = st.one_of(
    st.sampled_from(HOSTILE), st.text(alphabet="`|\\<>[]()!*_~&;:/.@#-+= \n\r\tawx1", max_size=40), st.text()
)


def tokens(source: str) -> Iterator[Token]:
    for token in READ.parse(source):
        yield token
        yield from token.children or ()


def kinds(source: str) -> set[str]:
    return {token.type for token in tokens(source)}


def squeezed(value: str) -> str:
    return " ".join(plain(value).split())


@given(ANY)
def test_words_are_a_paragraph_of_words(value: str) -> None:
    source = text.words(value)
    assert kinds(f"so: {source}") <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}
    assert kinds(source) <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}
    said = "".join(
        token.content for token in tokens(f"so: {source}") if token.type in ("text", "text_special")
    )
    assert said.replace(text.JOINER, "") == f"so: {squeezed(value)}".strip().replace(text.JOINER, "")


@given(ANY)
def test_a_code_span_holds_it_all(value: str) -> None:
    spans = [
        token.content for token in tokens(f"a {text.code(value, 10_000)} z") if token.type == "code_inline"
    ]
    assert spans == ([squeezed(value)] if squeezed(value) else [])


@given(ANY)
def test_a_cell_stays_one_cell(value: str) -> None:
    found = list(tokens(f"| a | b |\n|---|---|\n| {text.cell(value, 10_000)} | end |\n"))
    assert [token.type for token in found].count("td_open") == 2
    spans = [token.content for token in found if token.type == "code_inline"]
    assert spans == ([squeezed(value).replace("|", "¦")] if squeezed(value) else [])
    assert not {"html_inline", "link_open", "image"} & {token.type for token in found}


@given(ANY)
def test_a_block_is_not_left(value: str) -> None:
    found = READ.parse(f"before\n\n{text.block(value, 'sh')}\n\nafter\n")
    assert [token.type for token in found].count("fence") == 1
    (fence,) = (token for token in found if token.type == "fence")
    assert fence.info == "sh"
    assert [token.content for token in found if token.type == "inline"] == ["before", "after"]


@pytest.mark.parametrize("name", ["@everyone", "@org/team", "see #123"])
def test_nobody_is_called_by_words(name: str) -> None:
    assert text.JOINER in text.words(name)
    assert name not in text.words(name)


def test_long_text_is_cut() -> None:
    assert text.code("x" * 400, 10) == "`xxxxxxxxxx…`"


def test_a_sentence_of_ours_keeps_its_code_and_nothing_else() -> None:
    ours = "Use `a_b | <c>`, not *that*; (`x`) `y` z."
    assert text.prose(ours) == "Use `a_b | <c>`, not \\*that\\*; (`x`) `y` z."
    assert READ.render(text.prose(ours)).count("<code>") == 3
    assert pages.prose("Use `<b>` & <i>`") == "Use <code>&lt;b&gt;</code> &amp; &lt;i&gt;`"
