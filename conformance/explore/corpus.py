"""Past failures as JSON files, one a finding: what was sent, and what it broke. They are replayed first."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.explore.findings import Finding

SHIPPED = Path(__file__).parents[1] / "fuzz" / "corpus"
MOST = 500  # files of a folder that are read
FILE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Entry:
    """`replay` is what the method needs to do it again."""

    method: str
    requirement: str | None
    what: str
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
                yield Entry(
                    value["method"],
                    value.get("requirement"),
                    str(value.get("what", "")),
                    dict(value["replay"]),
                )
            except (OSError, ValueError, KeyError, TypeError):
                continue


def keep(folder: Path, finding: Finding) -> Path:
    """Writes a finding into the folder, under a name that follows from what it is about."""
    value = {
        "method": finding.method,
        "requirement": finding.complaint.requirement,
        "what": finding.what,
        "operation": finding.operation,
        "complaint": finding.complaint.words,
        "replay": dict(finding.replay),
    }
    folder.mkdir(parents=True, exist_ok=True)
    words = [finding.complaint.requirement or "none", finding.operation, finding.what]
    name = re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")[:60]
    digest = hashlib.sha256(json.dumps(finding.key).encode()).hexdigest()[:8]
    file = folder / f"{name}-{digest}.json"
    file.write_text(json.dumps(value, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
    return file
