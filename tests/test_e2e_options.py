"""The options of the end-to-end suite, as `parley score` hands them on to its processes."""

from __future__ import annotations

import argparse

import pytest

from e2e import options


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    options.add_chat(made.add_argument)
    options.add_own(made.add_argument)
    return made


def values(*words: str) -> dict[str, object]:
    return vars(parser().parse_args(words))


EVERYTHING = (
    *("--app-url", "http://127.0.0.1:3000/", "--turn", "url", "--turn-image", "i", "--turn-port", "3478"),
    *("--turn-secret-env", "SECRET", "--turn-url", "turn:a:1", "--turn-url", "turn:b:2"),
    *("--turn-username", "u", "--turn-credential-env", "CREDENTIAL", "--network", "lab", "--nightly"),
)


@pytest.mark.parametrize("given", [(), EVERYTHING], ids=["defaults", "everything"])
def test_what_is_handed_on_means_the_same(given: tuple[str, ...]) -> None:
    found = values(*given)
    assert values(*options.words(found)) == found


def test_each_option_of_a_chat_is_handed_on() -> None:
    handed = options.words(values(*EVERYTHING))
    assert {word for word in handed if word.startswith("--")} == {w for w in EVERYTHING if w.startswith("--")}


@pytest.mark.parametrize(("text", "share"), [("1/1", (1, 1)), ("2/3", (2, 3))])
def test_a_share(text: str, share: tuple[int, int]) -> None:
    assert values("--share", text)["share"] == share


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "²/3"])
def test_what_is_no_share_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        values("--share", text)
    assert "--share" in capsys.readouterr().err
