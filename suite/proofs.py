"""By how many deliberately wrong servers each requirement's checks are proven: the kill matrix, read.

The matrix is data that ships with the suite; parley/selftest.py makes it.
"""

from __future__ import annotations

import json
from pathlib import Path

MATRIX = Path(__file__).parent.parent / "reference_server" / "mutants" / "kill-matrix.json"


def killed(matrix: Path = MATRIX) -> dict[str, dict[str, str]]:
    """Requirement -> the mutants that its checks have killed, each with its fault in words."""
    try:
        mutants = json.loads(matrix.read_text(encoding="utf-8"))["mutants"]
    except FileNotFoundError:
        return {}
    found: dict[str, dict[str, str]] = {}
    for name, record in mutants.items():
        if record["killed"]:
            found.setdefault(record["requirement"], {})[name] = record["fault"]
    return dict(sorted(found.items()))


def proofs(matrix: Path = MATRIX) -> dict[str, int]:
    """Requirement -> how many mutants its checks have killed."""
    return {requirement: len(mutants) for requirement, mutants in killed(matrix).items()}
