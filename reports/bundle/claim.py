"""parley-claim.yaml: what an implementation says of itself, made from a bundle and held against one.

A claim may say less than its bundle shows, never more. Nothing is fetched: its addresses are for readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from protocol.spec import SafeLoader
from reports.bundle import BundleError, schemas
from reports.bundle.verify import ANOTHER_SPEC, Verified
from reports.evidence import plain
from reports.runlog import Record
from reports.score import RED, Report
from reports.verdicts import Verdict

FILE = "parley-claim.yaml"
FORMAT = 1
MOST_BYTES = 1 << 20
FAILING = (*RED, Verdict.EXPECTED_FAIL)
HEAD = "# What this implementation claims, and where it is shown: parley verify THIS --bundle FILE\n"


@dataclass(frozen=True)
class About:
    """What only the implementer knows. Addresses are http or https."""

    name: str
    version: str
    url: str | None = None
    licence: str | None = None
    bundle_url: str | None = None


def make(found: Verified, bundle: Path, about: About) -> str:
    """The strongest claim that a bundle bears out, as YAML. Raises BundleError where it is not verified."""
    report = found.report
    if found.problems == (ANOTHER_SPEC,):
        raise BundleError(f"{bundle}: {ANOTHER_SPEC}")
    if found.problems or report is None:
        raise BundleError(f"{bundle}: not verified, so nothing can be claimed by it: parley verify {bundle}")
    header = report.header
    implementation = {
        "name": about.name,
        "version": about.version,
        "url": about.url,
        "licence": about.licence,
    }
    claim: Record = {
        "parley_claim": FORMAT,
        "implementation": {name: value for name, value in implementation.items() if value},
        "target": plain(header["target"]["name"]),
        "spec": {"version": header["spec"]["version"], "hash": header["spec"]["hash"]},
        "suite": header["suite"]["version"],
        "date": header["started"][:10],
        "claims": {
            "profiles": _profiles(report),
            "levels": [level.name for level in report.levels if level.reached and not level.provisional],
            "provisional_levels": [
                level.name for level in report.levels if level.reached and level.provisional
            ],
            "scores": _scores(report),
        },
        "known_failures": _failures(report),
        "bundle": {**({"url": about.bundle_url} if about.bundle_url else {}), "sha256": digest(bundle)},
    }
    complaint = schemas.complaint("claim", claim)
    if complaint is not None:
        raise BundleError(f"the claim would be wrong: {complaint}")
    return HEAD + yaml.safe_dump(claim, sort_keys=False, allow_unicode=True, width=100)


def read(file: Path) -> Record:
    """Raises BundleError where it is no claim."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise BundleError(f"{file}: over {MOST_BYTES} bytes: no claim")
        claim = yaml.load(file.read_text(encoding="utf-8"), Loader=SafeLoader)  # noqa: S506 - it is a safe one
    except FileNotFoundError:
        raise BundleError(f"{file}: not found; expected a bundle or a claim") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise BundleError(f"{file}: neither a bundle nor a claim: {' '.join(str(error).split())}") from None
    # A YAML date that nobody quoted is meant as the text that it is.
    if isinstance(claim, dict) and hasattr(claim.get("date"), "isoformat"):
        claim["date"] = claim["date"].isoformat()
    try:
        complaint = schemas.complaint("claim", claim)
    except (ValueError, TypeError, RecursionError) as error:
        complaint = f"expected what JSON can say: {error}"
    if complaint is not None:
        raise BundleError(f"{file}: {complaint}")
    found: Record = claim
    return found


def held(claim: Mapping[str, Any], bundle: Path, found: Verified) -> Iterator[str]:
    """What of the claim its bundle does not bear out, each by name."""
    sha256 = digest(bundle)
    if claim["bundle"]["sha256"] != sha256:
        yield f"bundle.sha256 is {claim['bundle']['sha256']}; expected {sha256}: it is another bundle"
    report = found.report
    if report is None:
        return
    header = report.header
    for name, expected in (
        ("target", plain(header["target"]["name"])),
        ("spec", header["spec"]),
        ("suite", header["suite"]["version"]),
        ("date", header["started"][:10]),
    ):
        if claim[name] != expected:
            yield f"{name} is {claim[name]}; expected {expected}"
    yield from _claims(claim["claims"], report)
    known = claim.get("known_failures", {})
    for name, why in _failures(report).items():
        if name not in known:
            yield f"known_failures.{name}: missing: {why}"


def _claims(claims: Mapping[str, Any], report: Report) -> Iterator[str]:
    profiles = _profiles(report)
    for name in claims["profiles"]:
        if name not in profiles:
            yield f"claims.profiles: {name}: not every applicable MUST of it passed"
    levels = {level.name: level for level in report.levels}
    for key, provisional in (("levels", False), ("provisional_levels", True)):
        for name in claims.get(key, ()):
            level = levels.get(name)
            if level is None or not level.reached:
                why = ", ".join(level.lacks) if level is not None else "nothing of it was asked"
                yield f"claims.{key}: {name}: not reached: {why}"
            elif level.provisional and not provisional:
                yield f"claims.{key}: {name}: only provisionally: not run: {', '.join(level.provisional)}"
    for subject, score in claims["scores"].items():
        reached = report.scores.get(subject)
        if reached is None or score > reached:
            has = "none" if reached is None else f"{reached:g}"
            yield f"claims.scores.{subject}: {score:g}; the bundle has {has}"
        elif report.narrowed:
            yield f"claims.scores.{subject}: the run was narrowed, so it is no score of the claimed profiles"


def _profiles(report: Report) -> list[str]:
    """Those of the target's profiles of which every applicable MUST was asked and passed."""
    good = []
    for name in report.header["target"]["profiles"]:
        asked = [r.id for r in report.spec.of_profiles([name]) if r.level == "MUST"]
        found = {f.requirement.id: f for f in report.findings}
        if name not in report.spec.profiles or not asked or not all(id_ in found for id_ in asked):
            continue
        musts = [found[id_] for id_ in asked if found[id_].counts]
        if musts and all(finding.verdict is Verdict.PASS for finding in musts):
            good.append(name)
    return good


def _scores(report: Report) -> dict[str, float]:
    """None of a run that was narrowed: it would be a score of what the user chose."""
    return {} if report.narrowed else {subject: score for subject, score in report.scores.items() if score}


def _failures(report: Report) -> dict[str, str]:
    """What is red, and why: an expected failure's own words, else what the run says."""
    shown = (f for f in report.findings if f.verdict in FAILING and f.requirement.level != "MAY")
    return {finding.requirement.id: plain(f"{finding.verdict}: {finding.reason}") for finding in shown}


def digest(file: Path) -> str:
    """Raises BundleError where it cannot be read."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise BundleError(f"{file}: {error.strerror}") from None
