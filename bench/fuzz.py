"""The fuzzer against plain Schemathesis: the same ten faults, the same spec, the same time for each.

Schemathesis is run by its own command line with one valid bearer token, against answers that are not sealed.
It has found a fault where the server took its wrong path and it fails in a way in which it does not fail at
the right server. Exits with 1 where ours do not find twice as many, or all.

    python -m bench.fuzz [--for 20] [--seed 1] [--all-methods] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance.explore import corpus, methods
from conformance.explore.attack import Attack
from conformance.explore.order import Order, run
from conformance.settings import Settings
from protocol import spec as spec_module
from protocol.mint import Minter
from protocol.spec import SPEC_DIR, Spec
from reference_server.mutants import load
from suite.embedded import ORIGIN, embedded_target
from suite.server_process import EmbeddedServer

# Chosen before anything was tuned: one fault of each kind.
FAULTS = {
    "unknown-parent-fails": "5xx",
    "room-without-its-date": "schema",
    "leaving-needs-no-token": "no token needed",
    "offer-survives-reading": "mailbox read twice",
    "names-may-be-one-longer": "limit off by one",
    "any-csrf-word-will-do": "CSRF",
    "a-refused-write-has-an-effect": "state changed by a refused write",
    "mail-leaks-between-rooms": "leak between rooms",
    "one-room-too-many": "budget off by one",
    "mail-may-be-stored": "header missing",
}
OURS = ("fuzz", "texts")
MARGIN_S = 60.0


@dataclass(frozen=True)
class Outcome:
    """How one of them fared with one fault. `after_s` is None where it was not found."""

    after_s: float | None
    cases_per_s: float
    by: str = ""
    accused: int = 0

    @property
    def words(self) -> str:
        return "not found" if self.after_s is None else f"{self.after_s:.1f} s ({self.by})"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--for", dest="seconds", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all-methods", action="store_true", help="all methods of parley attack, not two")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    spec = spec_module.load()
    chosen = methods.NAMES if options.all_methods else OURS
    right, plain = schemathesis(spec, None, options.seconds, options.seed)
    calm = ours(spec, None, chosen, options.seconds, options.seed)
    rows: dict[str, dict[str, Outcome]] = {}
    print(f"{'fault':<34}{'plain Schemathesis':<44}{'parley ' + ' + '.join(chosen)}")
    for name, kind in FAULTS.items():
        _, theirs = schemathesis(spec, name, options.seconds, options.seed, right)
        mine = ours(spec, name, chosen, options.seconds, options.seed)
        rows[name] = {"schemathesis": theirs, "parley": mine}
        print(f"{kind:<34}{theirs.words:<44}{mine.words}", flush=True)
    found = {
        who: sum(row[who].after_s is not None for row in rows.values()) for who in ("schemathesis", "parley")
    }
    for who, quiet in (("schemathesis", plain), ("parley", calm)):
        speed = f"at the right server {quiet.cases_per_s:.0f} cases a second"
        print(f"{who}: {found[who]} of {len(rows)} found; {speed}, {quiet.accused} complaints")
    if options.json:
        told = {name: {who: asdict(one) for who, one in row.items()} for name, row in rows.items()}
        whole = {"seconds": options.seconds, "seed": options.seed, "found": found, "faults": told}
        options.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    enough = found["parley"] >= min(len(rows), 2 * found["schemathesis"])
    print("enough" if enough else "NOT enough: wanted twice as many, or all")
    return 0 if enough else 1


def ours(spec: Spec, mutant: str | None, chosen: Sequence[str], seconds: float, seed: int) -> Outcome:
    """Until the requirement that the fault breaks is complained about."""
    known = load()[mutant] if mutant is not None else None
    fits = {known.requirement, *known.also} if known is not None else set()
    hit: list[tuple[float, str]] = []

    def said(attack: Attack) -> None:
        for one in attack.found:
            requirement = one.finding.complaint.requirement
            if not hit and requirement in fits:
                hit.append((one.after_s, f"{requirement}, {one.finding.method}"))
                attack.stop("found")

    corpus.SHIPPED = Path("no such folder")  # what was found before is no measure of a search
    settings = Settings(mutant=mutant, write_log=False)
    started = time.monotonic()
    result = asyncio.run(run(Order(settings, seconds, tuple(chosen), seed), spec, said))
    took = max(0.1, sum(one["seconds"] for one in result["methods"]) or time.monotonic() - started)
    cases = sum(one["cases"] for one in result["methods"])
    after, by = hit[0] if hit else (None, "")
    return Outcome(after, cases / took, by, len(result["findings"]))


def schemathesis(
    spec: Spec, mutant: str | None, seconds: float, seed: int, right: frozenset[tuple[str, str]] = frozenset()
) -> tuple[frozenset[tuple[str, str]], Outcome]:
    """Its failures as (kind, operation), and how soon the first came that the right server does not have."""
    target = embedded_target(spec)
    settings = target.tokens.issuer
    assert settings is not None, "the embedded target's tokens come from an issuer"
    with Minter(spec, target) as minter, tempfile.TemporaryDirectory() as temporary:
        assert minter.issuer is not None
        auth = {"jwks_url": minter.issuer.jwks_url, "issuer": settings.iss, "audience": settings.aud}
        turn = {"urls": ["turn:127.0.0.1:3478?transport=udp"], "secret": secrets.token_hex(16)}
        config = {
            "auth": auth,
            "cors": {"allowed_origins": [ORIGIN]},
            "encryption": {"enabled": False},
            "turn": turn,
        }
        server = EmbeddedServer(config, mutant=mutant)
        try:
            url = server.start()
            report, events = Path(temporary) / "report.json", Path(temporary) / "events.ndjson"
            words = [
                *(str(Path(sys.executable).with_name("schemathesis")), "run", str(SPEC_DIR / "openapi.yaml")),
                *("--url", url, "-H", f"Authorization: Bearer {minter.mint('schemathesis')}"),
                *("--max-time", f"{seconds:g}", "--seed", str(seed), "--continue-on-failure", "--no-color"),
                # What takes a token with a domain, or a mail: nothing but refusals would be seen of it.
                *("--exclude-path-regex", "^/(emoji|auth)/"),
                *("--report-json-path", str(report), "--report-ndjson-path", str(events)),
            ]
            subprocess.run(
                words,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=temporary,
                check=False,
                timeout=seconds + MARGIN_S,
            )
            found = json.loads(report.read_text(encoding="utf-8"))
            lines = events.read_text(encoding="utf-8").splitlines()
        finally:
            server.end()
        reached = bool(server.reached)
    failed = frozenset((one["type"], name) for one in found["failures"] for name in one["operations"])
    new = failed - right
    speed = found["test_cases"]["generated"] / max(0.1, found["running_time"])
    if not new or not reached:
        return failed, Outcome(None, speed, accused=len(failed))
    kinds = {kind for kind, _ in new}
    titles = {one["title"]: one["type"] for one in found["failures"] if one["type"] in kinds}
    return failed, Outcome(_first(lines, titles, found), speed, ", ".join(sorted(kinds))[:28])


def _first(lines: Sequence[str], titles: dict[str, str], found: dict[str, Any]) -> float:
    """When the first of these failures was told, in seconds from the start; else when all was over."""
    began = datetime.fromisoformat(found["started_at"]).timestamp()
    for line in lines:
        if any(title in line for title in titles) or any(kind in line for kind in titles.values()):
            event = json.loads(line)
            inner: Any = next(iter(event.values())) if isinstance(event, dict) and len(event) == 1 else event
            stamp = inner.get("timestamp") if isinstance(inner, dict) else None
            if isinstance(stamp, int | float):
                return max(0.0, float(stamp) - began)
    return float(found["running_time"])


if __name__ == "__main__":
    sys.exit(main())
