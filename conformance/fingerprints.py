"""When a mutant has to be run again: a number that changes with whatever may change its outcome.

Comments and layout change nothing, nor does what a mutant says of itself beside its fault: what else it
breaks (`also`) is compared with the outcome, and changes none.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from protocol.spec import Spec

ROOT = Path(__file__).parent.parent
# What every mutant's outcome depends on, its own file and the checks aside.
COMMON = ("protocol", "conformance", "reference_server", "reports")
CHECKS = ROOT / "conformance" / "checks"
# A check or a mutant may stand on another one.
SIBLING = re.compile(r"^from (conformance\.checks|reference_server\.mutants)\.(\w+) import", re.MULTILINE)
TOLD = frozenset({"also", "why_also", "shows"})  # what a mutant says of itself


def own(spec: Spec, requirement: str, shows: str, mutant: Path) -> str:
    """For the mutant against its requirement's checks."""
    checked = spec.requirement(requirement).checked or ""
    return _digest(spec, [mutant, ROOT / Path(*checked.split(".")).with_suffix(".py")], shows)


def whole(spec: Spec, mutant: Path) -> str:
    """For the mutant against every check."""
    return _digest(spec, [mutant, *sorted(CHECKS.glob("*.py"))], "")


def _digest(spec: Spec, files: Iterable[Path], words: str) -> str:
    digest = hashlib.sha256(f"{spec.hash} {words} {_common()}".encode())
    for file in sorted(_with_siblings(files)):
        digest.update(file.name.encode() + b"\0" + _meaning(file))
    return digest.hexdigest()[:16]


@cache
def _common() -> str:
    digest = hashlib.sha256()
    for folder in COMMON:
        for file in sorted((ROOT / folder).glob("*.py")):
            digest.update(file.name.encode() + b"\0" + _meaning(file))
    return digest.hexdigest()


def _with_siblings(files: Iterable[Path]) -> set[Path]:
    """The files, and those beside them that they import, and so on."""
    found: set[Path] = set()
    rest = list(files)
    while rest:
        file = rest.pop()
        if file not in found:
            found.add(file)
            rest += [file.with_name(f"{name}.py") for _, name in SIBLING.findall(file.read_text("utf-8"))]
    return found


@cache
def _meaning(file: Path) -> bytes:
    """The code without its comments and layout, and without what a mutant only says."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "mutant":
            node.keywords = [word for word in node.keywords if word.arg not in TOLD]
            node.args = node.args[:1]
    return ast.dump(tree).encode()
