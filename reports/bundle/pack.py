"""Makes a bundle of a run: its log, its result, the spec it was judged by, and what its verdicts name."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from protocol.spec import Spec
from reports import runlog, score
from reports.bundle import BundleError, container, statement
from reports.formats import result
from reports.runlog import Record
from reports.score import Report

MANIFEST = "manifest.json"
FORMAT = 1
SUFFIX = ".parley.zip"
RUN, SPEC = "run", "spec"  # the folders of a bundle


@dataclass(frozen=True)
class Packed:
    """A bundle that was written. `absent` are files that a verdict names and that are not there."""

    file: Path
    sha256: str
    files: int
    absent: tuple[str, ...]


def pack(run: Path, spec: Spec, to: Path | None = None) -> Packed:
    """Writes the bundle of a run; without `to`, TARGET-RUN_ID.parley.zip in the current folder.

    Raises BundleError where the run was judged by another spec or a file of it lies elsewhere, RunLogError
    where it is no whole run, OSError where it cannot be written.
    """
    log = runlog.read(run)
    if log.of_a_load:
        raise BundleError(f"{run}: a load run, which has no verdicts to bundle")
    if log.header["spec"]["hash"] != spec.hash:
        raise BundleError(
            f"{run}: judged by spec {log.header['spec']['hash'][:12]}, not by {spec.hash[:12]}: name its "
            "folder with --spec"
        )
    found = score.evaluate(log, spec)
    entries: dict[str, Path | bytes] = {f"{RUN}/{runlog.FILE}": _inside(log.folder, runlog.FILE)}
    entries[f"{RUN}/{result.FILE}"] = result.render(found).encode("utf-8", "backslashreplace")
    absent = []
    for name in _artifacts(log.verdicts):
        if not (log.folder / name).exists():
            absent.append(name)
        else:
            entries[f"{RUN}/{name}"] = _inside(log.folder, name)
    for path in sorted(spec.source.rglob("*")):
        if path.is_file():
            name = path.relative_to(spec.source).as_posix()
            entries[f"{SPEC}/{name}"] = _inside(spec.source, name)
    text = json.dumps(_manifest(found, entries), ensure_ascii=False, indent=1) + "\n"
    file = to or Path(_name(found))
    container.write(file, {**entries, MANIFEST: text.encode("utf-8", "backslashreplace")})
    return Packed(file, _digest(file), len(entries) + 1, tuple(absent))


def _manifest(found: Report, entries: dict[str, Path | bytes]) -> Record:
    header = found.header
    return {
        "format": FORMAT,
        "run_id": header["run_id"],
        "started": header["started"],
        "ended": found.footer["ended"],
        "suite": header["suite"],
        "spec": header["spec"],
        "target": {name: header["target"][name] for name in ("name", "base_url", "profiles")},
        "scored": found.scored_of,
        **statement.of(found),
        "files": {
            name: {"sha256": _digest(content), "bytes": _size(content)}
            for name, content in sorted(entries.items())
        },
    }


def _artifacts(verdicts: list[Record]) -> Iterator[str]:
    """The files that verdicts name, each once."""
    yield from dict.fromkeys(str(name) for verdict in verdicts for name in verdict.get("artifacts", ()))


def _inside(folder: Path, name: str) -> Path:
    """The file, which must be a plain one within the folder: a bundle is given away."""
    if not container.safe(name):
        raise BundleError(f"{folder}: {name!r}: no name that a bundle may have")
    path = folder / name
    if path.resolve() != folder.resolve() / name or not path.is_file():
        raise BundleError(f"{path}: expected a plain file of the run's folder, not a link")
    return path


def _name(found: Report) -> str:
    target = re.sub(r"[^A-Za-z0-9.-]+", "-", found.header["target"]["name"]).strip("-.")[:60] or "target"
    run_id = re.sub(r"[^A-Za-z0-9-]+", "-", found.header["run_id"])[:40]
    return f"{target}-{run_id}{SUFFIX}"


def _digest(content: Path | bytes) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size
