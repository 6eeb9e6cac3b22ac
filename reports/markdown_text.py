"""Hostile text in Markdown: as words, as a code span, in a cell, in a block. None of them can end early.

For GitHub's Markdown and CommonMark. Inside code nothing is a link, a mention, a tag or an emphasis; so what
a target said is always shown as code, and `words` is for sentences.
"""

from __future__ import annotations

import re

from reports.evidence import plain

CHARS = 300  # of hostile text that is shown within a line
JOINER = "⁠"  # no width, no break: what follows `@` or `#` is then no name and no number
SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~!&$^]")
NAMES = re.compile(r"[@#](?=\w)")
# Bare links. An escaped colon or full stop reads the same and begins none.
LINKS = (
    (re.compile(r":(?=//)"), r"\\:"),
    (re.compile(r"\b(www|mailto|xmpp)([.:])", re.IGNORECASE), r"\1\\\2"),
)
SPAN = re.compile(r"(`[^`]+`)")
STARTS = re.compile(r"^([-+=#]+|\d+[.)])(?=\s|$)")  # of a list, a heading, a rule


def words(text: object) -> str:
    """A sentence in one line, as words and nothing else: no link, no mention, no tag, no emphasis."""
    line = SPECIAL.sub(r"\\\g<0>", _line(text))
    for pattern, replacement in LINKS:
        line = pattern.sub(replacement, line)
    line = NAMES.sub(lambda found: found[0] + JOINER, line)
    return STARTS.sub(lambda found: JOINER + found[0], line)


def prose(text: str) -> str:
    """A sentence of ours in one line, whose only markup is `code`."""
    return "".join(code(one[1:-1]) if SPAN.fullmatch(one) else _between(one) for one in SPAN.split(text))


def _between(text: str) -> str:
    """Words with the spaces that they have at their ends."""
    before, after = (" " if one.isspace() else "" for one in (text[:1], text[-1:]))
    return f"{before}{words(text)}{after}" if text.strip() else text[:1]


def code(text: object, chars: int = CHARS) -> str:
    """A code span of one line; the empty text is shown as nothing at all."""
    line = _line(text)
    if not line:
        return ""
    if len(line) > chars:
        line = line[:chars] + "…"
    fence = "`" * (_longest(line) + 1)
    # A space at both ends is taken away again, so that a backtick may stand there.
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(text: object, chars: int = CHARS) -> str:
    """A code span in a table. A pipe is shown as `¦`: it would end the cell, inside of code too."""
    return code(_line(text).replace("|", "¦"), chars)


def block(text: object, language: str = "") -> str:
    """A fenced block of its own lines. `language` is ours."""
    inside = plain(text)
    fence = "`" * max(3, _longest(inside) + 1)
    return f"{fence}{language}\n{inside}\n{fence}"


def _line(text: object) -> str:
    return " ".join(plain(text).split())


def _longest(text: str) -> int:
    """The longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
