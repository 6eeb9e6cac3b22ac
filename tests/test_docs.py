"""The documents are true where that can be shown: links, keys, options, dependencies, the picture."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from e2e import options as chat
from parley import cli
from protocol import spec
from reports import page, runlog
from reports.formats import junit, result
from reports.verdicts import Verdict

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *(file for file in (ROOT / "docs").rglob("*.md") if not {"_build", "requirements"} & set(file.parts)),
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def there(path: Path) -> bool:
    """Whether it is in the repository, or a page of a requirement: those are made with the site."""
    if path.resolve().parent == ROOT / "docs" / "requirements":
        return path.stem == "index" or path.stem in spec.load().requirements
    return path.exists()


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_every_link_within_the_repository_leads_somewhere(file: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text(encoding="utf-8"))
    assert [link for link in links if not there(file.parent / link)] == []


def test_the_target_file_document_names_every_key() -> None:
    text = (ROOT / "docs" / "target-file.md").read_text(encoding="utf-8")
    schema = json.loads((spec.SPEC_DIR / "schemas" / "target.schema.json").read_text(encoding="utf-8"))

    def keys(node: object) -> set[str]:
        if isinstance(node, list):
            return set().union(*(keys(item) for item in node))
        if not isinstance(node, dict):
            return set()
        return set(node.get("properties", ())) | set().union(*(keys(value) for value in node.values()))

    assert {key for key in keys(schema) if not re.search(rf"\b{key}\b", text)} == set()


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """Those of the parser and of its commands."""
    found: set[str] = set()
    for action in parser._actions:
        found |= set(action.option_strings)
        if isinstance(action, argparse._SubParsersAction):
            found |= set().union(*(options_of(one) for one in action.choices.values()))
    return found


def options_of_locust() -> set[str]:
    """Those of Locust with our locustfile; in a process of its own, for importing Locust patches sockets."""
    program = (
        "import sys; from locust.argument_parser import get_parser; import load.locustfile\n"
        "print(*get_parser(default_config_files=[])._option_string_actions)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, cwd=ROOT)
    return {word for word in done.stdout.split() if word.startswith("--")}


def test_the_readme_and_the_documents_name_options_that_exist() -> None:
    parser = argparse.ArgumentParser()
    chat.add_own(parser.add_argument)
    known = options_of(parser) | options_of(cli._parser())
    known |= {
        "--from",  # of uvx
        "--path-as-is",  # of curl
        "--pyargs",
        "--pdb",
        "--lf",
        "--junitxml",
        "--headed",
        "--slowmo",
        "--fuzz",
    }  # of pytest and its plugins
    known |= options_of_locust() | {"--build", "--wheel"}  # the latter of docker compose and uv
    for file in DOCUMENTS:
        text = file.read_text(encoding="utf-8")
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text)) - {
            "--long",
            "--whole",
            "--all",
            "--config",
            "--check",
            "--survivors",
            "--e2e",
        }
        assert named <= known, file.name


def test_the_readme_explains_every_verdict_and_exit_code() -> None:
    assert [v.value for v in Verdict if f"| `{v.value}` |" not in README] == []
    assert all(f"\n| {code} | " in README for code in range(4))


def test_the_readme_does_not_promise_what_is_not_there() -> None:
    assert [r.id for r in spec.load().requirements.values() if r.excluded and r.id not in README] == []


def test_the_report_document_names_every_file_of_a_run() -> None:
    text = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in text for name in (runlog.FILE, result.FILE, junit.FILE, page.FILE))
    schema = json.loads((Path(runlog.__file__).parent / "schemas" / "runlog.schema.json").read_text("utf-8"))
    assert all(f"| `{kind}` |" in text for kind in schema["properties"]["type"]["enum"])


def test_contributing_gives_a_reason_for_every_dependency() -> None:
    tables = CONTRIBUTING[CONTRIBUTING.index("## Dependencies, and why") :].lower()
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    names = [re.split(r"[<>=\[; ]", entry)[0].lower() for entry in wanted]
    rows = set(re.findall(r"[a-z][\w-]+", " ".join(re.findall(r"^\| ([^|]+) \|", tables, re.MULTILINE))))
    assert [name for name in names if name not in rows] == []


def test_the_lock_pins_with_hashes_and_names_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    # A package may be pinned twice, for different versions of Python.
    pinned = re.findall(r"^([a-z0-9-]+)==\S+(?: ; (.+?))? \\$", lock, re.MULTILINE)
    assert len(pinned) == len(set(pinned)) > 20
    pinned = [name for name, _ in pinned]
    assert lock.count("--hash=sha256:") >= len(pinned)
    assert "://" not in lock
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    assert {re.split(r"[<>=\[; ]", entry)[0] for entry in wanted} <= set(pinned)


def test_the_picture_loads_nothing() -> None:
    svg = (ROOT / "docs" / "scorecard.svg").read_text(encoding="utf-8")
    hosts = set(re.findall(r"https?://([^\s\"'<>/:)]+)", svg.replace("&#160;", " ")))
    assert hosts <= {"127.0.0.1", "www.w3.org"}  # of the target, of the SVG namespace
    assert not re.search(r"url\((?!#)|@import|<image|<script", svg)
