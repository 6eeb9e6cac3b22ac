"""What the tries of a check say together."""

from __future__ import annotations

import itertools

import pytest

from reports.settle import Try, settle
from reports.verdicts import Verdict as V

WORDS = {"F": V.FAIL, "P": V.PASS, "I": V.INCONCLUSIVE, "N": V.NOT_RUN, "H": V.HARNESS_ERROR}


def tries(text: str) -> list[Try]:
    """`f` a fail in company, `F` one alone; p passed, i inconclusive, n not run, h our own error."""
    return [
        Try(f"X#{n}", WORDS[letter.upper()], "" if letter in "pP" else f"reason {n}", letter.isupper())
        for n, letter in enumerate(text, 1)
    ]


@pytest.mark.parametrize(
    ("text", "verdict", "deciding"),
    [
        ("p", V.PASS, 1),
        ("P", V.PASS, 1),
        ("n", V.NOT_RUN, 1),
        ("fFFF", V.FAIL, 2),
        ("FFF", V.FAIL, 1),
        ("F", V.FAIL, 1),
        ("fPPP", V.PASS, 4),  # failed in company only: evidence for another profile, no verdict of its own
        ("fFPP", V.FLAKY, 2),
        ("fPFP", V.FLAKY, 3),
        ("PF", V.FLAKY, 2),
        ("iI", V.INCONCLUSIVE, 2),
        ("iP", V.PASS, 2),
        ("iF", V.FAIL, 2),
        ("iFFF", V.FAIL, 2),
        ("IFFF", V.FAIL, 2),  # undecided is no pass: nothing speaks against the fail
        ("fPIP", V.INCONCLUSIVE, 3),
        ("fN", V.INCONCLUSIVE, 1),
        ("fNNN", V.INCONCLUSIVE, 1),
        ("iN", V.INCONCLUSIVE, 1),
        ("fFN", V.FAIL, 2),
        ("fFH", V.HARNESS_ERROR, 3),
        ("h", V.HARNESS_ERROR, 1),
    ],
)
def test_what_the_tries_say(text: str, verdict: V, deciding: int) -> None:
    found = settle(tries(text))
    assert (found.verdict, found.deciding + 1) == (verdict, deciding)
    assert (found.reason == "") == (verdict is V.PASS)
    assert verdict is V.PASS or f"reason {deciding}" in found.reason


def test_flaky_says_how_often_it_failed_alone() -> None:
    assert settle(tries("fFPF")).reason == "failed in 2 of 3 attempts: reason 2"


def test_a_fail_says_how_often_it_was_tried() -> None:
    assert settle(tries("fFFF")).note == "failed in 3 of 3 attempts"
    assert settle(tries("F")).note == ""


def test_a_fail_in_company_only_is_noted() -> None:
    assert settle(tries("fPPP")).note == "failed once in company: reason 1"


def test_what_could_not_be_repeated_says_why() -> None:
    assert settle(tries("fN")).reason == "reason 1; it could not be repeated alone: reason 2"


def test_what_was_not_repeated_names_what_came_after_it() -> None:
    assert settle(tries("nfN")).reason == "reason 2; it could not be repeated alone: reason 3"
    assert settle(tries("f")).reason == "reason 1; it could not be repeated alone: "


@pytest.mark.parametrize("text", ["fPPP", "fFPP", "fPNN", "F", "fFFF", "iF"])
def test_where_one_violation_is_proof_the_first_fail_decides(text: str) -> None:
    found = settle(tries(text), safety=True)
    ran = [letter for letter in text if letter.upper() != "N"]
    assert found.verdict is V.FAIL
    assert found.deciding == text.upper().index("F")
    assert found.note == (
        f"failed in {text.upper().count('F')} of {len(ran)} attempts" if len(ran) > 1 else ""
    )


def test_no_combination_turns_a_fail_alone_green() -> None:
    for length in (1, 2, 3, 4):
        for letters in itertools.product("fFpPiInNhH", repeat=length):
            found = settle(tries("".join(letters)))
            if "F" in letters:
                assert found.verdict in (V.FAIL, V.FLAKY, V.HARNESS_ERROR), letters
            if found.verdict is V.PASS:
                assert "P" in letters or "p" in letters, letters


def test_nothing_tried_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match=r"^nothing was tried$"):
        settle([])
