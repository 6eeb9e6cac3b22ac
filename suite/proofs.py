"""By how many deliberately wrong servers each requirement's checks are proven: the kill matrix, read.

The matrix is data that ships with the suite; parley/selftest.py makes it.
"""

from __future__ import annotations

import json
from pathlib import Path

MATRIX = Path(__file__).parent.parent / "reference_server" / "mutants" / "kill-matrix.json"


def proofs(matrix: Path = MATRIX) -> dict[str, int]:
    """Requirement -> how many mutants its checks have killed."""
    try:
        mutants = json.loads(matrix.read_text(encoding="utf-8"))["mutants"]
    except FileNotFoundError:
        return {}
    killed = [record["requirement"] for record in mutants.values() if record["killed"]]
    return {requirement: killed.count(requirement) for requirement in sorted(set(killed))}
