"""Runs many mutants, some at a time, each in a process that has everything loaded already.

A process of its own, for two runs in one would wait for one another and spoil each other's timings. Work
goes in and comes out as JSON lines: a worker whose input ends has nothing left to do, so none outlives who
asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from conformance import matrix, registry
from conformance.kills import Entry, Outcome
from protocol.spec import SPEC_DIR, load

COMMAND = ("-m", "conformance.workers")
LINE_BYTES = 1 << 20  # a line with the complaints of a whole run in it
# In a whole run most of the time would go to making keys slowly. How slowly is a number of the spec, which no
# check is about: with a smaller one every check does the same and is done sooner.
ROUNDS = re.compile(r"(?m)^( +kdf_rounds: )\d+")
FEWER_ROUNDS = r"\g<1>2000"


async def run(
    entries: Iterable[Entry], *, whole: bool, at_once: int, on_outcome: Callable[[Outcome], None]
) -> None:
    """Every mutant against its own requirement's checks, or (`whole`) against all of them."""
    todo = list(reversed(list(entries)))
    workers = [_worker(todo, whole=whole, on_outcome=on_outcome) for _ in range(min(at_once, len(todo)))]
    await asyncio.gather(*workers)


async def _worker(todo: list[Entry], *, whole: bool, on_outcome: Callable[[Outcome], None]) -> None:
    """One process after the other, should one die, as long as there is something to do."""
    while todo:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            while todo and process.returncode is None:
                entry = todo.pop()
                process.stdin.write(json.dumps({"whole": whole, **asdict(entry)}).encode() + b"\n")
                line = await process.stdout.readline()
                if not line:
                    on_outcome(Outcome(entry.name, False, why_not="error: its process died"))
                    break
                on_outcome(_outcome(line))
        finally:
            process.stdin.close()
            await process.wait()


def _outcome(line: bytes) -> Outcome:
    told = json.loads(line)
    also = None if told["also"] is None else tuple(told["also"])
    return Outcome(**{**told, "by": tuple(told["by"]), "also": also})


def main() -> None:
    """A worker: an entry a line in, an outcome a line out."""
    registry.load_checks()
    spec = load()
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        quick = hurried(Path(folder) / "spec")
        for line in sys.stdin:
            told = json.loads(line)
            whole = told.pop("whole")
            running = matrix.try_mutant(
                load(quick) if whole else spec, Entry(**told), spec_dir=quick if whole else None, whole=whole
            )
            outcome = json.dumps(asdict(asyncio.run(running)))
            try:
                print(outcome, flush=True)
            except BrokenPipeError:
                os._exit(1)  # whoever asked is gone, and what Python would still flush has nowhere to go


def hurried(folder: Path) -> Path:
    """A copy of the spec whose keys are derived in fewer rounds."""
    shutil.copytree(SPEC_DIR, folder)
    policy = folder / "policy.yaml"
    text, replaced = ROUNDS.subn(FEWER_ROUNDS, policy.read_text("utf-8"))
    assert replaced == 1, "policy.yaml says how many rounds a key is derived in"
    policy.write_text(text, "utf-8")
    return folder


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # who asked was interrupted too, and says so
        main()
