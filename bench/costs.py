"""Measures what each check costs: python -m bench.costs. Writes costs.json, beside the kill matrix.

Each check acts alone on the reference server, with its clock moved: a minute in all. `parley score --budget`
uses the figures to order checks; only their ratios matter.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

from conformance.session import Session
from conformance.settings import Settings, load_spec
from reports import runlog
from reports.verdicts import Verdict
from suite.worth import COSTS, check_of


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(concurrency=1, run_dir=Path(place) / "run", seed=1)
        folder = asyncio.run(Session(settings, load_spec(settings)).run())
        verdicts = runlog.outline(folder).verdicts
    seconds = {
        check_of(verdict): round(verdict["seconds"], 4)
        for verdict in verdicts
        if verdict["verdict"] == Verdict.PASS and verdict["seconds"] > 0  # an observer takes none
    }
    text = json.dumps({"seconds": dict(sorted(seconds.items()))}, ensure_ascii=False, indent=1)
    COSTS.write_text(text + "\n", encoding="utf-8")
    print(f"{len(seconds)} checks, {sum(seconds.values()):.1f} s: {COSTS.name}")


if __name__ == "__main__":
    main()
