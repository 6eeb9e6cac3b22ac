"""Runs mutants whose checks take peers, browsers and a TURN server: one `pytest e2e` process each.

They are the wrong widgets, and the wrong servers that only such a check can tell from the right one. What an
outcome is worth is judged as that of all others (conformance/kills.py).
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from conformance.kills import SEED, Entry, Outcome, judged
from e2e.run import REACHED
from parley.beside import HOME, LAST_WORDS, end
from protocol.spec import Spec
from reports import runlog

E2E = "e2e."  # the checks of such a requirement are in there
LONGEST_S = 300.0  # a run takes seconds; some wait for a minute before they say that nothing came


def takes_chat(spec: Spec, requirement: str) -> bool:
    """Whether the requirement's checks take peers and browsers."""
    return (spec.requirement(requirement).checked or "").startswith(E2E)


async def run(
    spec: Spec, entries: Iterable[Entry], *, at_once: int, on_outcome: Callable[[Outcome], None]
) -> None:
    """Every mutant against its own requirement's checks, some at a time."""
    places = asyncio.Semaphore(at_once)

    async def one(entry: Entry) -> None:
        async with places:
            on_outcome(await try_mutant(spec, entry))

    async with asyncio.TaskGroup() as group:
        for entry in entries:
            group.create_task(one(entry))


async def try_mutant(spec: Spec, entry: Entry) -> Outcome:
    """One run of `pytest e2e` against one mutant."""
    with tempfile.TemporaryDirectory(prefix="parley-") as place:
        folder = Path(place)
        with (folder / "pytest.log").open("w+b") as output:
            process = await asyncio.create_subprocess_exec(
                *_command(spec, entry, folder),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                await asyncio.wait_for(process.wait(), LONGEST_S)
            except TimeoutError:
                return Outcome(entry.name, False, why_not=f"error: not done within {LONGEST_S:g} s")
            finally:
                if process.returncode is None:
                    await end(process)
        reached = folder / REACHED
        if not reached.exists():
            words = (folder / "pytest.log").read_text("utf-8", "replace").strip().splitlines()
            return Outcome(entry.name, False, why_not=f"error: {' | '.join(words[-LAST_WORDS:])}")
        return _judged(spec, entry, folder, json.loads(reached.read_text("utf-8")))


def _judged(spec: Spec, entry: Entry, folder: Path, reached: list[int | None]) -> Outcome:
    """A page that did wrong says so, but not in which attempt: None stands for it."""
    records = [record for _, record in runlog.records(folder / runlog.FILE)]
    verdicts = [record for record in records if record["type"] == "verdict"]
    attempts = {record["id"]: record["attempt"] for record in records if record["type"] == "exchange"}
    told = {attempts[number] for number in reached if number in attempts}
    if None in reached:
        told |= {record["attempt"] for record in verdicts}
    return judged(spec, entry, verdicts, bool(reached), told, whole=False)


def _command(spec: Spec, entry: Entry, folder: Path) -> list[str]:
    side = "browser" if spec.requirement(entry.requirement).subject == "client" else "peers"
    words = [sys.executable, "-m", "pytest", "-c", str(HOME / "beside.ini"), str(HOME / "checks"), "-q"]
    words += ["-p", "no:hypothesispytest", "-p", "conformance.plugin", "-p", "e2e.plugin", "--log-only"]
    words += ["--side", side, "--requirement", entry.requirement, "--mutant", entry.name]
    return [*words, "--confirm", "1", "--seed", str(SEED), "--run-dir", str(folder)]
