"""The documentation builds strictly, has a page for each requirement, and names commands that exist."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from parley import cli
from protocol import spec
from protocol.spec import Requirement
from reports import advice

ROOT = Path(__file__).resolve().parent.parent
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
REQUIREMENTS = spec.load().requirements
STUCK_S = 300


def prose(text: str) -> str:
    """As a reader sees it: no escapes, one space between words."""
    return " ".join(re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text).split())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of a strict build. The builder resolves every reference and writes no page: that is what
    takes a minute.
    """
    folder = tmp_path_factory.mktemp("site")
    for name in ("docs", "scripts"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    # What the pages link to or show beside docs/ is where it is in the checkout.
    for one in ROOT.iterdir():
        if one.name not in ("docs", "scripts", ".git", ".venv", "runs"):
            (folder / one.name).symlink_to(one)
    strict = ["--fail-on-warning", "--keep-going", "--nitpicky", "--quiet"]
    command = [sys.executable, "-m", "sphinx", *strict, "-b", "dummy", folder / "docs", folder / "out"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=STUCK_S, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "docs"


def test_there_is_a_page_for_each_requirement_and_no_other(built: Path) -> None:
    assert {file.stem for file in (built / "requirements").glob("*.md")} == {*REQUIREMENTS, "index"}
    index = (built / "requirements" / "index.md").read_text(encoding="utf-8")
    assert [name for name in REQUIREMENTS if f"[{name}]({name}.md)" not in index] == []


def test_each_page_has_its_sentence_its_advice_and_its_headings(built: Path) -> None:
    for requirement in REQUIREMENTS.values():
        text = (built / "requirements" / f"{requirement.id}.md").read_text(encoding="utf-8")
        told = advice.of(requirement.id)
        assert told is not None
        assert re.findall(r"^#+ .*", outside_code(text), re.MULTILINE) == headings(requirement)
        for said in (requirement.sentence, told.why, *told.failures, told.fix):
            assert prose(said) in prose(text), requirement.id


def headings(requirement: Requirement) -> list[str]:
    sections = ["Why it matters", "What is expected", "How it is checked", "How implementations fail it"]
    sections += ["How to mend it", "How the check is proven"]
    return [f"# {requirement.id}", *(f"## {name}" for name in sections)]


def outside_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


# --- commands -----------------------------------------------------------------------------


def commands(text: str) -> Iterator[list[str]]:
    """Those of `parley` and `make`, in code blocks and in running text, without output, comments, pipes."""
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    inline = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", outside_code(text))]
    for line in lines + inline:
        found = re.match(r"(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?((?:parley|make)\b(?! \d).*)", line)
        if found:
            words = shlex.split(re.split(r" [|>]| #|;", found[1])[0])
            yield words


@cache
def targets_of_make() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def complaint(words: list[str]) -> str | None:
    """What is wrong with a command; None for nothing."""
    if words[0] == "make":
        unknown = [w for w in words[1:] if "=" not in w and w not in targets_of_make()]
        return f"make has no {unknown}" if unknown else None
    parser: argparse.ArgumentParser = cli._parser()
    for word in words[1:]:
        choices = [a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        if word.startswith("--") and word not in parser._option_string_actions:
            return f"{parser.prog} has no option {word}"
        if choices and not word.startswith("-"):
            if word not in choices[0]:
                return f"{parser.prog} has no command {word}"
            parser = choices[0][word]
    return None


@pytest.mark.parametrize("file", GUIDE, ids=lambda file: file.stem)
def test_the_guide_names_commands_and_options_that_exist(file: Path) -> None:
    found = list(commands(file.read_text(encoding="utf-8")))
    assert found, "a page of a guide without a command"
    assert [said for said in map(complaint, found) if said] == []


def test_a_command_or_an_option_that_does_not_exist_would_be_found() -> None:
    text = "```\n$ parley scoer --seed 1\nparley score --sead 1 # no\nmake tset\n```\n`parley target chekc`\n"
    assert [complaint(words) for words in commands(text)] == [
        "parley has no command scoer",
        "parley score has no option --sead",
        "make has no ['tset']",
        "parley target has no command chekc",
    ]
