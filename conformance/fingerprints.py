"""When a mutant has to be run again: a number that changes with whatever may change its outcome.

That is the spec, the mutant, the checks it is run against, and all code that these and the server need,
followed from import to import. Comments, docstrings and layout change nothing, nor does what a mutant says of
itself beside its fault: what else it breaks (`also`) is compared with the outcome, and changes none.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from protocol.spec import Spec

ROOT = Path(__file__).parent.parent
CHECKS = ROOT / "conformance" / "checks"
WIDGET = ROOT / "reference_server" / "widget"
# Where a run begins, in the harness and in the server.
ENTRANCES = (ROOT / "conformance" / "matrix.py", ROOT / "reference_server" / "__main__.py")
# Where a run with peers and browsers begins. What it needs beside Python is looked at byte by byte.
CHAT_ENTRANCES = (
    ROOT / "parley" / "chat_mutants.py",
    ROOT / "e2e" / "plugin.py",
    ROOT / "e2e" / "fixtures.py",
    ROOT / "reference_server" / "__main__.py",
)
# What a delivery is made of, and a page is told by.
DELIVERY_FILES = (ROOT / "suite" / "page_hooks.js", *sorted(WIDGET.iterdir()))
CHAT_FILES = (ROOT / "e2e" / "browser" / "hooks.js", ROOT / "e2e" / "beside.ini")
OURS = ("protocol", "suite", "conformance", "e2e", "reference_server", "reports")
# What is imported only to show what was found, when all of it is: how a page looks changes no outcome.
SHOWING = frozenset({"reports.writers"})
TOLD = frozenset({"also", "why_also", "shows"})  # what a mutant says of itself


def own(spec: Spec, requirement: str, shows: str, mutant: Path) -> str:
    """For the mutant against its requirement's checks."""
    plain = DELIVERY_FILES if spec.requirement(requirement).subject == "delivery" else ()
    return _digest(spec, [*ENTRANCES, mutant, _checks_of(spec, requirement)], shows, plain)


def whole(spec: Spec, mutant: Path) -> str:
    """For the mutant against every check."""
    return _digest(spec, [*ENTRANCES, mutant, *CHECKS.glob("*.py")], "")


def chat(spec: Spec, requirement: str, shows: str, mutant: Path) -> str:
    """For a mutant whose requirement takes peers and browsers, against its requirement's checks."""
    files = (*CHAT_ENTRANCES, mutant, _checks_of(spec, requirement))
    return _digest(spec, files, shows, (*CHAT_FILES, *sorted(WIDGET.iterdir())))


def _checks_of(spec: Spec, requirement: str) -> Path:
    checked = spec.requirement(requirement).checked or ""
    return ROOT / Path(*checked.split(".")).with_suffix(".py")


def _digest(spec: Spec, files: Iterable[Path], words: str, plain: Iterable[Path] = ()) -> str:
    """`plain` are files that are no Python."""
    digest = hashlib.sha256(f"{spec.hash} {words}".encode())
    for file in sorted(_needed(files)):
        digest.update(file.name.encode() + b"\0" + _meaning(file))
    for file in plain:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _needed(files: Iterable[Path]) -> set[Path]:
    """The files and all of ours that they import, and so on."""
    found: set[Path] = set()
    rest = list(files)
    while rest:
        file = rest.pop()
        if file not in found:
            found.add(file)
            rest += _imported(file)
    return found


@cache
def _imported(file: Path) -> tuple[Path, ...]:
    """Our own modules that a file imports, and the packages that they are in."""
    return tuple({path for name in _names(_tree(file)) for path in _files(name)})


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # What is imported may be a module, or a name in one.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(name: str) -> Iterator[Path]:
    """The files along a dotted name, as far as it names modules of ours."""
    parts = name.split(".")
    if parts[0] not in OURS or name in SHOWING:
        return
    for end in range(1, len(parts) + 1):
        place = ROOT.joinpath(*parts[:end])
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.exists():
                yield file


def _is_text(node: ast.stmt) -> bool:
    """A statement that is a text does nothing, wherever it stands."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


@cache
def _meaning(file: Path) -> bytes:
    """The code without its comments, docstrings and layout, and without what a mutant only says."""
    tree = _tree(file)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [one for one in node.body if not _is_text(one)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "mutant":
            node.keywords = [word for word in node.keywords if word.arg not in TOLD]
            node.args = node.args[:1]
    return ast.dump(tree).encode()
