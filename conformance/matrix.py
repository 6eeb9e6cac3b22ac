"""The kill matrix: which check turns red on which deliberately wrong server.

It runs the suite on the embedded server with one mutant after the other. What mutants there are it is told
(parley/selftest.py): nothing here knows the server's insides.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import registry
from conformance.session import Session, Settings
from protocol.spec import Spec
from reports.verdicts import Verdict

ROOT = Path(__file__).parent.parent
SEED = 1
MAX_WAIT = 90.0  # a rotated key has a minute to become known
# What every mutant's outcome depends on, its own file and its requirement's checks aside.
COMMON = ("protocol", "conformance", "reference_server", "reports")
RED = Verdict.FAIL


@dataclass(frozen=True)
class Entry:
    """A mutant as the matrix knows it: its name, what it breaks, what else it is known to break."""

    name: str
    requirement: str
    fault: str
    also: tuple[str, ...]
    file: Path


@dataclass(frozen=True)
class Outcome:
    """What a run against a mutant brought. `by` are the red checks of its requirement, `also` other
    requirements that went red; None where only its own were run.
    """

    entry: Entry
    reached: bool
    by: tuple[str, ...]
    also: tuple[str, ...] | None
    verdict: str
    error: str = ""

    @property
    def killed(self) -> bool:
        return bool(self.by) and self.reached

    @property
    def unexplained(self) -> tuple[str, ...]:
        """Requirements that went red and that the mutant does not name."""
        return tuple(name for name in self.also or () if name not in self.entry.also)

    def record(self, fingerprint: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "requirement": self.entry.requirement,
            "fault": self.entry.fault,
            "killed": self.killed,
            "reached": self.reached,
            "by": list(self.by),
            "fingerprint": fingerprint,
        }
        if self.also is not None:
            found["also"] = list(self.also)
        return found


async def run(
    spec: Spec,
    entries: Iterable[Entry],
    *,
    whole: bool,
    at_once: int,
    on_outcome: Callable[[Outcome], None],
) -> None:
    """Runs every mutant against its own requirement's checks, or (`whole`) against the whole suite."""
    registry.load_checks()
    places = asyncio.Semaphore(at_once)

    async def one(entry: Entry) -> None:
        async with places:
            on_outcome(await try_mutant(spec, entry, whole=whole))

    await asyncio.gather(*(one(entry) for entry in entries))


async def try_mutant(spec: Spec, entry: Entry, *, whole: bool) -> Outcome:
    """One run of the suite against one mutant."""
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        settings = Settings(
            run_dir=Path(folder),
            seed=SEED,
            mutant=entry.name,
            max_wait=MAX_WAIT,
            requirements=() if whole else (entry.requirement,),
        )
        records: list[dict[str, Any]] = []

        def keep(record: dict[str, Any]) -> None:
            if record["type"] == "verdict":
                records.append(record)

        session = Session(settings, spec, [keep])
        try:
            await session.run()
        except Exception as error:
            return Outcome(entry, False, (), None, "error", f"{type(error).__name__}: {error}")
        reached = session.embedded is not None and session.embedded.reached
    red = [record for record in records if record["verdict"] == RED]
    own = tuple(sorted(named(record) for record in red if record["requirement"] == entry.requirement))
    levels = spec.requirements
    others = {r["requirement"] for r in red if levels[r["requirement"]].level != "MAY"} - {entry.requirement}
    mine = [record["verdict"] for record in records if record["requirement"] == entry.requirement]
    worst = "fail" if own else (sorted(set(mine) - {"pass"}) or ["pass"])[0]
    return Outcome(entry, reached, own, tuple(sorted(others)) if whole else None, worst)


def named(record: dict[str, Any]) -> str:
    """A check with its case, as the matrix names it."""
    return str(record["check"]) + (f"[{record['case']}]" if record["case"] else "")


def fingerprint(spec: Spec, entry: Entry) -> str:
    """Changes with whatever may change the outcome: the mutant, its requirement's checks, what they share."""
    digest = hashlib.sha256(spec.hash.encode())
    checks = spec.requirement(entry.requirement).checked or ""
    files = [entry.file, ROOT / Path(*checks.split(".")).with_suffix(".py")]
    for folder in COMMON:
        files += sorted((ROOT / folder).glob("*.py"))
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
