"""The kill matrix: which check turns red on which deliberately wrong server, and by what complaint.

It runs the suite on the embedded server with one mutant. What mutants there are it is told
(parley/selftest.py): nothing here knows the server's insides. Many at a time: conformance/workers.py.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from conformance.kills import SEED, Entry, Outcome, judged
from conformance.session import Session
from conformance.settings import Settings
from protocol.spec import Spec

Record = dict[str, Any]

MAX_WAIT = 90.0  # a rotated key has a minute to become known


async def try_mutant(spec: Spec, entry: Entry, *, whole: bool, spec_dir: Path | None = None) -> Outcome:
    """One run of the suite against one mutant: of all checks, or of its requirement's only.

    `spec_dir` is where the spec is from, if it is not the one that ships: the server has to have the same.
    """
    verdicts: list[Record] = []
    attempts: dict[int, str] = {}

    def keep(record: Record) -> None:
        if record["type"] == "verdict":
            verdicts.append(record)
        elif record["type"] == "exchange":
            attempts[record["id"]] = record["attempt"]

    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        # A wrong server delivers rightly, and the other way round: what cannot tell a mutant is left out.
        subject = spec.requirement(entry.requirement).subject
        telling = tuple(p.name for p in spec.profiles.values() if p.subject == subject)
        settings = Settings(
            run_dir=Path(folder),
            seed=SEED,
            mutant=entry.name,
            max_wait=MAX_WAIT,
            profiles=telling if whole else (),
            requirements=() if whole else (entry.requirement,),
            spec_dir=spec_dir,
            write_log=False,
            confirm=1,
        )
        session = Session(settings, spec, [keep])
        try:
            await session.run()
        except Exception as error:
            return Outcome(entry.name, False, why_not=f"error: {type(error).__name__}: {error}")
    reached = session.embedded.reached if session.embedded is not None else frozenset()
    in_attempts = {attempts[exchange] for exchange in reached if exchange in attempts}
    return judged(spec, entry, verdicts, bool(reached), in_attempts, whole=whole)
