"""Verifies a bundle: its container, its hashes, its spec, its log, and all that its manifest says.

It goes from the outside in and stops where what comes next would rest on what is wrong already. All of it may
have been made by somebody who means harm.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from protocol import spec as specs
from protocol.spec import Spec, SpecError
from reports import borne_out, rejudge, runlog
from reports.borne_out import BorneOut
from reports.bundle import BundleError, container, schemas, statement
from reports.bundle.container import Unpacked
from reports.bundle.pack import MANIFEST, RUN, SPEC
from reports.formats import result
from reports.rejudge import Rejudged
from reports.runlog import Record, RunLogError
from reports.score import Report

LOG = f"{RUN}/{runlog.FILE}"
RESULT = f"{RUN}/{result.FILE}"
MANIFEST_BYTES = 16 << 20
MOST_NODES = 500_000  # of a YAML file of the spec, aliases expanded
LINE_BYTES = 32 << 20  # of a record of the log, and of a result.json
# Whoever makes a bundle may make its spec too, and by one that asks little everybody is good.
ANOTHER_SPEC = f"{SPEC}: judged by another spec than this Parley ships; --any-spec accepts it"
# What code that trusts a log may raise of one that was forged to harm it.
FORGED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True)
class Verified:
    """`problems` are what is not as it says; `files` were hashed. `rejudged`, `borne_out` are there where the
    log could be judged again, `shipped` says whether its spec is the one that this Parley ships.
    """

    manifest: Record
    files: int
    problems: tuple[str, ...]
    shipped: bool = False
    rejudged: Rejudged | None = None
    borne_out: BorneOut | None = None

    @property
    def report(self) -> Report | None:
        """What the log makes of the target, where it could be judged."""
        return self.rejudged.before if self.rejudged is not None else None


def verify(file: Path, shipped: Spec, *, any_spec: bool = False) -> Verified:
    """With `any_spec` a run that was judged by another spec than the shipped one is as good as any.

    Raises BundleError where it is no bundle, or one that may not be opened.
    """
    with TemporaryDirectory(prefix="parley-verify-") as name:
        folder = Path(name)
        files = container.unpack(file, folder)
        manifest = _manifest(file, folder, files)
        problems = tuple(_hashes(manifest, files))
        if problems:
            return Verified(manifest, len(files), problems)
        found = _judged(folder, manifest, len(files), shipped)
    if found.report is None or found.shipped or any_spec:
        return found
    return replace(found, problems=(*found.problems, ANOTHER_SPEC))


def _manifest(file: Path, folder: Path, files: dict[str, Unpacked]) -> Record:
    found = files.get(MANIFEST)
    if found is None:
        raise BundleError(f"{file}: no {MANIFEST} in it: no bundle of Parley's")
    if found.damage or found.bytes > MANIFEST_BYTES:
        raise BundleError(f"{file}: {MANIFEST}: {found.damage or 'too long'}")
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (ValueError, RecursionError):
        raise BundleError(f"{file}: {MANIFEST}: expected JSON") from None
    complaint = schemas.complaint("bundle", manifest)
    if complaint is not None:
        raise BundleError(f"{file}: {MANIFEST}: {complaint}")
    checked: Record = manifest
    return checked


def _hashes(manifest: Record, files: dict[str, Unpacked]) -> Iterator[str]:
    """Every file is listed, is there, and is the one that was listed."""
    listed = manifest["files"]
    there = files.keys() - {MANIFEST}
    for name in sorted(listed.keys() - there):
        yield f"{name}: listed in {MANIFEST} and not in the bundle"
    for name in sorted(there - listed.keys()):
        yield f"{name}: in the bundle and not listed in {MANIFEST}"
    for name in sorted(there & listed.keys()):
        found, said = files[name], listed[name]
        if found.damage:
            yield f"{name}: damaged: {found.damage}"
        elif found.sha256 != said["sha256"]:
            yield f"{name}: its SHA-256 is {found.sha256}; expected {said['sha256']}"
        elif found.bytes != said["bytes"]:
            yield f"{name}: has {found.bytes} bytes; expected {said['bytes']}"
    for name in (LOG, RESULT):
        if name not in listed:
            yield f"{name}: not in the bundle; expected in every one"


def _judged(folder: Path, manifest: Record, files: int, shipped: Spec) -> Verified:
    """What is whole is judged again, by its own spec."""
    try:
        spec = _spec(folder / SPEC, shipped)
        problems = list(_forms(folder))
        if problems:
            return Verified(manifest, files, tuple(problems))
        found = rejudge.rejudge(folder / RUN, spec, spec)
        transcript = borne_out.check(folder / RUN, spec)
        problems = list(_compared(folder, manifest, spec, found, transcript))
    except (SpecError, RunLogError) as error:
        return Verified(manifest, files, (str(error).replace(f"{folder}/", ""),))
    except FORGED as error:
        words = f"{LOG}: cannot be judged again ({type(error).__name__}: {str(error)[:200]})"
        return Verified(manifest, files, (words,))
    return Verified(manifest, files, tuple(problems), spec.hash == shipped.hash, found, transcript)


def _spec(folder: Path, shipped: Spec) -> Spec:
    """The bundle's own spec; where it is the shipped one, the bundle's is not parsed. Raises SpecError."""
    if _contents(folder) == _contents(shipped.source):
        return shipped
    for file in folder.rglob("*.yaml"):
        _expandable(file)
    return specs.load(folder)


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _expandable(file: Path) -> None:
    """A few aliases of aliases make a document that fills any memory. Raises SpecError."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = MOST_NODES  # where it is met again in itself
            parts = node.value if isinstance(node, yaml.CollectionNode) else ()
            flat = (each for part in parts for each in (part if isinstance(part, tuple) else (part,)))
            sizes[id(node)] = min(MOST_NODES, 1 + sum(map(size, flat)))
        return sizes[id(node)]

    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=specs.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError(f"{SPEC}/{file.name}: not readable as YAML: {error}") from None
    if root is not None and size(root) >= MOST_NODES:
        raise SpecError(f"{SPEC}/{file.name}: over {MOST_NODES} nodes with its aliases")


def _forms(folder: Path) -> Iterator[str]:
    """The forms of the log's records and of the result."""
    if _longest_line(folder / LOG) > LINE_BYTES or (folder / RESULT).stat().st_size > LINE_BYTES:
        yield f"{LOG}, {RESULT}: a line of over {LINE_BYTES} bytes"
        return
    for number, record in runlog.records(folder / RUN):
        complaint = schemas.complaint("runlog", record)
        if complaint is not None:
            yield f"{LOG}: line {number}: {complaint}"
            return
    try:
        complaint = schemas.complaint("result", _result(folder))
    except ValueError:
        complaint = "expected JSON"
    if complaint is not None:
        yield f"{RESULT}: {complaint}"


def _longest_line(file: Path) -> int:
    """Bytes. Reads no line whole that is longer than the limit."""
    longest = length = 0
    with file.open("rb") as lines:
        while part := lines.readline(LINE_BYTES):
            length += len(part)
            longest = max(longest, length)
            if part.endswith(b"\n"):
                length = 0
    return longest


def _result(folder: Path) -> Any:
    return json.loads((folder / RESULT).read_bytes())


def _compared(
    folder: Path, manifest: Record, spec: Spec, found: Rejudged, transcript: BorneOut
) -> Iterator[str]:
    header = found.before.header
    if header["spec"]["hash"] != spec.hash:
        yield f"{SPEC}: its hash is {spec.hash}; expected {header['spec']['hash']}, which {LOG} was judged by"
    for name in ("run_id", "started", "suite", "spec"):
        if manifest[name] != header[name]:
            yield f"{MANIFEST}: {name} is {manifest[name]}; expected {header[name]}"
    for name, value in manifest["target"].items():
        if value != header["target"].get(name):
            yield f"{MANIFEST}: target.{name} is {value}; expected {header['target'].get(name)}"
    if manifest["ended"] != found.before.footer["ended"]:
        yield f"{MANIFEST}: ended is {manifest['ended']}; expected {found.before.footer['ended']}"
    if manifest["scored"] != found.before.scored_of:
        yield f"{MANIFEST}: scored is {manifest['scored']}; expected {found.before.scored_of}"
    for flip in found.flips:
        yield f"{LOG}: {flip.requirement} is said to be {flip.was}; judged again it is {flip.now}: {flip.why}"
    for problem in (*found.unsupported, *transcript.problems):
        yield f"{LOG}: {problem}"
    recomputed = statement.of(found.before)
    for difference in statement.differences(manifest, recomputed):
        yield f"{MANIFEST}: {difference}"
    for difference in statement.differences(statement.of_result(_result(folder)), recomputed):
        yield f"{RESULT}: {difference}"
