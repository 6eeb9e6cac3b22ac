"""`parley new check ID`: a check to start from, in the module that the spec names for it."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from protocol.spec import Requirement, load


class ScaffoldError(Exception):
    """Nothing was written; one line says why."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    new = commands.add_parser("new", help="start a new check")
    kinds = new.add_subparsers(title="kinds", required=True, metavar="KIND")
    check = kinds.add_parser("check", help="append a check to start from to the module that the spec names")
    check.add_argument("id", metavar="ID", help="the requirement, e.g. MBOX-2")
    check.add_argument("--root", type=Path, default=Path(), help="the checkout (default: this folder)")
    check.set_defaults(command=_new_check)


def _new_check(parsed: argparse.Namespace) -> int:
    path = new_check(parsed.id, parsed.root)
    print(f"Appended a check of {parsed.id} to {path}. It fails until you say what must hold.")
    return 0


def new_check(requirement_id: str, root: Path) -> Path:
    """Appends the skeleton and returns the file. Raises ScaffoldError."""
    spec = load()
    if requirement_id not in spec.requirements:
        raise ScaffoldError(f"{requirement_id}: no such requirement in the spec; add it there first")
    requirement = spec.requirement(requirement_id)
    if requirement.checked is None:
        raise ScaffoldError(f"{requirement_id}: excluded in requirements.yaml ({requirement.excluded})")
    path = root / Path(*requirement.checked.split(".")).with_suffix(".py")
    if not path.parent.is_dir():
        raise ScaffoldError(f"{path.parent}: not there; run it in a checkout, or say --root")
    before = path.read_text(encoding="utf-8") if path.exists() else _module(requirement)
    name = _name(requirement)
    if f"async def {name}(" in before:
        raise ScaffoldError(f"{path}: has a check called {name} already")
    path.write_text(before + _check(requirement, name), encoding="utf-8")
    return path


def _module(requirement: Requirement) -> str:
    return (
        f'"""{requirement.profile}: checks of {requirement.id} and its like."""\n\n'
        "from __future__ import annotations\n\n"
        "from suite.expectations import expect, given\n"
        "from conformance.registry import check\n"
        "from protocol.client import User\n"
    )


def _name(requirement: Requirement) -> str:
    """The sentence's first words as a function's name."""
    words = re.findall(r"[a-z0-9]+", requirement.sentence.lower())
    return "_".join(words[:8])


def _check(requirement: Requirement, name: str) -> str:
    sentence = " ".join(requirement.sentence.split())
    return (
        f'\n\n@check("{requirement.id}")\n'
        f"async def {name}(alice: User, bob: User, room: str) -> None:\n"
        f"    # {sentence}\n"
        "    given(await alice.heartbeat(room))\n"
        '    expect("what came", "the behaviour to judge").equals("what the sentence asks for")\n'
    )
