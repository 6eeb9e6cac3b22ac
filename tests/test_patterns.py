"""The patterns of the spec take about as long as a text is long: no target can stall a run by its text."""

from __future__ import annotations

import time

import pytest

from conformance.checks.errors import SEARCHED_CHARS, SEARCHED_TEXTS, bounded, first_hit
from protocol import probes
from protocol.probes import Pattern
from protocol.spec import load

SPEC = load()
PATTERNS = [*probes.leaks(SPEC), *probes.personal(SPEC)]
SHORT, TIMES = 3000, 6
PIECES = [
    *(
        "x",
        "A",
        "0",
        "=",
        "-",
        "_",
        "/",
        ":",
        "[",
        "\\",
        '"',
        " ",
        "at ",
        "at (",
        "a.",
        "1.",
        "0:",
        "a:",
        "A_",
    ),
    *("SELECT ", "SELECT FROM ", "INSERT INTO ", "UPDATE ", "UPDATE SET ", "Unexpected token ", "expected "),
    *('File "', "-----BEGIN ", "A@", "a.b@c.", "invalid character ", "error: ", "eyJ", "Fatal error: ", "E"),
    *(
        "at a ",
        "at a.js",
        "{badmatch,",
        "#1 ",
        "goroutine ",
        "panic",
        "a-",
        "a%",
        "::",
        "fe80:",
        "KV ",
        "X_SECRET ",
    ),
]


def seconds(pattern: Pattern, text: str) -> float:
    """The shortest of some tries, in CPU time of this thread, so that a busy machine does not matter."""
    tries = []
    for _ in range(3):
        began = time.thread_time()
        pattern.found_in(text)
        tries.append(time.thread_time() - began)
    return min(tries)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_a_pattern_is_as_fast_on_any_text(pattern: Pattern) -> None:
    """Six times the text may take six times as long, or some more; 36 times is what a stall is made of."""
    for piece in PIECES:
        text = piece * (SHORT // len(piece))
        long = seconds(pattern, text * TIMES)
        if long > 0.01:
            assert long < 3 * TIMES * seconds(pattern, text), f"{pattern.name} on {piece!r}: {long:.3f} s"


def test_what_is_searched_of_an_answer_is_bounded() -> None:
    assert list(bounded(["abc", "def"])) == ["abc", "def"]
    assert sum(map(len, bounded("x" * 1500 for _ in range(1000)))) == SEARCHED_CHARS
    assert len(list(bounded("" for _ in range(SEARCHED_TEXTS + 1)))) == SEARCHED_TEXTS


def test_the_first_hit_is_named_with_what_shows_it() -> None:
    patterns = tuple(probes.personal(SPEC))
    assert first_hit(patterns, "written by parley@example.org, they say") == (
        "e-mail address",
        "parley@example.org",
    )
    assert first_hit(patterns, "nothing of the kind") is None
