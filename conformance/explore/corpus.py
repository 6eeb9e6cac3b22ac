"""Past failures as JSON files, one a finding: what was sent, and what it broke. They are replayed first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parents[1] / "fuzz" / "corpus"
MOST = 500  # files of a folder that are read
FILE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Entry:
    """`replay` is what the method needs to do it again."""

    method: str
    replay: dict[str, Any]


def entries(*folders: Path | None) -> Iterator[Entry]:
    """Every readable file of the folders, by name; what is no entry is left out (order.py has refused it)."""
    for folder in folders:
        if folder is None or not folder.is_dir():
            continue
        for file in sorted(folder.rglob("*.json"))[:MOST]:
            try:
                if file.stat().st_size > FILE_BYTES:
                    continue
                value = json.loads(file.read_text(encoding="utf-8"))
                yield Entry(value["method"], dict(value["replay"]))
            except (OSError, ValueError, KeyError, TypeError):
                continue
