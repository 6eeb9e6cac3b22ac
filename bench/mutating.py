"""mutmut, for functions with a decorator as well.

mutmut leaves those alone: every predicate, every property of a report, every cached function. Here the copies
that it makes go without the decorator, which stays on what calls them. All else is mutmut's.

    python -m bench.mutating run [NAMES ...] | results | show NAME
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import libcst as cst
from mutmut.__main__ import cli
from mutmut.mutation import file_mutation

_skip = file_mutation.MutationVisitor._skip_node_and_children
_arrange = file_mutation.function_trampoline_arrangement


def _skip_node_and_children(visitor: Any, node: cst.CSTNode) -> bool:
    if isinstance(node, cst.FunctionDef) and node.decorators:
        return False
    return bool(_skip(visitor, node))


def _arranged(function: cst.FunctionDef, mutants: Iterable[Any], class_name: str | None) -> tuple[Any, ...]:
    bare = function.with_changes(decorators=())
    declared, methods, assigned, names = _arrange(bare, mutants, class_name)
    chooser, *copies = methods
    assert isinstance(chooser, cst.FunctionDef)
    chooser = chooser.with_changes(decorators=(*function.decorators, *chooser.decorators))
    return declared, [chooser, *copies], assigned, names


def main(argv: Sequence[str] | None = None) -> None:
    setattr(file_mutation.MutationVisitor, _skip.__name__, _skip_node_and_children)
    setattr(file_mutation, _arrange.__name__, _arranged)
    cli(argv)


if __name__ == "__main__":
    main()
