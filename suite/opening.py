"""What a run of every suite begins with: its id, its folder, its target, its connections, its header."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from protocol import target as target_module
from protocol import widened
from protocol.cdn import FILE_BYTES, Cdn
from protocol.spec import Spec
from protocol.target import Target
from protocol.wire import MAX_ANSWER_BYTES, Throttle, Wire, WireOptions
from reports.runlog import FORMAT, Record

PACKAGES = ("httpx", "pyreqwest", "aiortc", "playwright", "locust", "schemathesis")  # that meet the target


def version() -> str:
    try:
        return importlib.metadata.version("parley-conformance")
    except importlib.metadata.PackageNotFoundError:
        return "0+unknown"


def new_run_id() -> str:
    """Six letters and digits that are hard to mistake for one another."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(6))


def default_run_dir(name: str) -> Path:
    """runs/<time>-<name>, never one that is there already."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "target"
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}"
    folder, number = Path("runs") / stem, 1
    while folder.exists():
        number += 1
        folder = Path("runs") / f"{stem}-{number}"
    return folder


def public(file: Path | None) -> str | None:
    """The path as it was given; of one that tells where somebody's home is, the name alone."""
    return None if file is None else file.name if file.is_absolute() else str(file)


def load_target(
    url: str | None, file: Path | None, spec: Spec, cdn_url: str | None = None, cdn_version: str | None = None
) -> Target:
    """The target of this file, or of this URL, or of the file with its base_url replaced by the URL; with
    this delivery, or nothing but this delivery.

    Raises TargetError.
    """
    if url is None and file is None and cdn_url is not None:
        return widened.of_cdn(cdn_url, cdn_version, spec)
    target = _load_target(url, file, spec)
    if cdn_url is None and cdn_version is None:
        return target
    return widened.with_cdn(target, cdn_url, cdn_version, spec)


def _load_target(url: str | None, file: Path | None, spec: Spec) -> Target:
    if file is not None:
        target = target_module.load(file, spec)
        return target if url is None else at(target, target_module.check_url(url))
    assert url is not None, "a run without either has the embedded target"
    return target_module.from_url(url, os.environ, spec)


def at(target: Target, base_url: str) -> Target:
    """The target at another URL; a widget and a delivery that it serves itself go with it."""
    page, before = target.widget, f"{target.base_url}/"
    if page is not None and page.url.startswith(before):
        page = replace(page, url=f"{base_url}/{page.url.removeprefix(before)}")
    delivery = target.cdn
    if delivery is not None and f"{delivery.url}/".startswith(before):
        delivery = replace(delivery, url=base_url + delivery.url.removeprefix(target.base_url))
    return replace(target, base_url=base_url, widget=page, cdn=delivery)


def open_wire(target: Target, run_id: str, per_second: float = 0.0, cdn: Cdn | None = None) -> Wire:
    """The connections of a run to its target, or to this delivery of it; at most so many requests a second,
    where that is above 0.
    """
    return Wire(
        WireOptions(
            base_url=target.base_url if cdn is None else cdn.url,
            most_bytes=MAX_ANSWER_BYTES if cdn is None else FILE_BYTES,
            decodes=cdn is None,  # what is delivered is files, and whoever wants JSON reads it
            request_s=target.timeouts.request_s,
            connect_s=target.timeouts.connect_s,
            headers=(("User-Agent", f"parley/{version()}"), ("X-Parley-Run", run_id)),
            throttle=Throttle(per_second),
        )
    )


def header(
    spec: Spec,
    target: Target,
    run_id: str,
    seed: int,
    options: Mapping[str, Any],
    intended: Sequence[str],
    proofs: Mapping[str, Mapping[str, str]],
) -> Record:
    """The first record of a run log. `proofs`: requirement -> the mutants that its checks have killed."""
    return {
        "type": "header",
        "format": FORMAT,
        "run_id": run_id,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": {"name": "parley-conformance", "version": version()},
        "spec": {"version": spec.version, "hash": spec.hash},
        "target": target.public(),
        "seed": seed,
        "options": dict(options),
        "intended": list(intended),
        "proofs": {requirement: len(mutants) for requirement, mutants in proofs.items()},
        "mutants": {requirement: dict(mutants) for requirement, mutants in proofs.items()},
        "environment": environment(),
    }


def environment() -> Record:
    """What the harness ran on: figures of two runs can be compared only where this is the same."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "machine": platform.machine(),
        "cores": os.cpu_count() or 1,
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def footer(seconds: float, counts: Mapping[str, int], stopped: str) -> Record:
    """The last one. Its being there says that the log is whole."""
    return {
        "type": "footer",
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "counts": dict(counts),
        "stopped": stopped,
    }
