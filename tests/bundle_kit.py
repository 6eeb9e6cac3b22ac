"""Bundles taken apart, edited and put together again, for the tests of verifying."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from parley import cli
from protocol.spec import load
from reports.bundle.verify import LOG, MANIFEST, RESULT, Verified, verify

SPEC = load()
ASKED = ("MBOX-2", "ERR-3", "ERR-4", "VAL-9", "HDR-3")
Files = dict[str, bytes]
Edit = Callable[[Files], None]
Record = dict[str, Any]


def scored(folder: Path, *options: str) -> Path:
    """A short run, by default of the reference server, in this folder."""
    names = [word for name in ASKED for word in ("--requirement", name)]
    cli.main(["score", *names, "--no-e2e", "--load", "none", "--run-dir", str(folder), *options])
    return folder


def files_of(bundle: Path) -> Files:
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(files: Files, to: Path) -> Path:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return to


def edited(bundle: Path, to: Path, *edits: Edit, redo: bool = True) -> Path:
    """The bundle with edits; `redo` makes the hashes of the manifest again, as somebody would who cheats."""
    files = files_of(bundle)
    for edit in edits:
        edit(files)
    if redo:
        manifest = json.loads(files[MANIFEST])
        manifest["files"] = {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in files.items()
            if name != MANIFEST
        }
        files[MANIFEST] = json.dumps(manifest).encode()
    return written(files, to)


def verified(bundle: Path) -> Verified:
    return verify(bundle, SPEC)


# -- edits


def in_json(name: str, change: Callable[[Record], object]) -> Edit:
    def edit(files: Files) -> None:
        content = json.loads(files[name])
        change(content)
        files[name] = json.dumps(content).encode()

    return edit


def in_manifest(change: Callable[[Record], object]) -> Edit:
    return in_json(MANIFEST, change)


def in_result(change: Callable[[Record], object]) -> Edit:
    return in_json(RESULT, change)


def in_log(change: Callable[[list[Record]], object]) -> Edit:
    def edit(files: Files) -> None:
        records = list(records_of(files))
        change(records)
        files[LOG] = "".join(json.dumps(record) + "\n" for record in records).encode()

    return edit


def records_of(files: Files) -> Iterator[Record]:
    return map(json.loads, files[LOG].decode().strip().split("\n"))


def first(records: list[Record], kind: str, **wanted: Any) -> Record:
    """The first record of this kind with these properties."""
    return next(r for r in records if r["type"] == kind and wanted.items() <= r.items())


def painted(requirement: str, verdict: str) -> tuple[Edit, ...]:
    """The verdict changed wherever it is said."""

    def in_counts(records: list[Record]) -> None:
        for record in records:
            if record["type"] == "verdict" and record["requirement"] == requirement:
                record.update({"verdict": verdict, "reason": "because" if verdict != "pass" else ""})
        counts: dict[str, int] = {}
        for record in records:
            if record["type"] == "verdict":
                counts[record["verdict"]] = counts.get(record["verdict"], 0) + 1
        records[-1]["counts"] = counts

    return (
        in_log(in_counts),
        in_manifest(lambda manifest: manifest["verdicts"].update({requirement: verdict})),
        in_result(lambda result: result["requirements"][requirement].update({"verdict": verdict})),
    )


def dropped(kind: str, **wanted: Any) -> Edit:
    return in_log(lambda records: records.remove(first(records, kind, **wanted)))


def another_offer(records: list[Record]) -> None:
    """In the answer that an expectation about an offer rests on."""
    rests = next(r for r in records if r["type"] == "expectation" and str(r["observed"]).startswith("v=0"))
    body = first(records, "exchange", id=rests["exchange"])["answer"]
    body.get("decrypted", body["body"].get("json"))["offer"] = "v=1"


def another_status(records: list[Record]) -> None:
    """Of an answer that an expectation rests on."""
    rests = first(records, "expectation", predicate="status_in")
    first(records, "exchange", id=rests["exchange"])["answer"]["status"] = 418
