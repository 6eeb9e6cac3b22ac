"""The file of a bundle: a zip that is written the same way each time, and read with suspicion.

What is read may come from anybody: nothing is unpacked outside of the folder given, nor beyond the limits.
"""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from reports.bundle import BundleError

MOST_FILES = 10_000
MOST_BYTES = 1 << 30  # of all files, unpacked
MOST_RATIO = 300  # of unpacked to packed; a run log is packed to a tenth
RATIO_FROM = 1 << 20  # bytes: what is smaller may be as dense as it likes
CHUNK = 1 << 16
MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a zip knows; so the same run gives the same bytes
MODE = (stat.S_IFREG | 0o644) << 16
NAME = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9._+@=,()\[\] -]+(?:/[A-Za-z0-9._+@=,()\[\] -]+)*")
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,  # a kind of zip that Python does not read
    RuntimeError,  # encrypted
    EOFError,
    ValueError,
    LookupError,
    OSError,
)


@dataclass(frozen=True)
class Unpacked:
    """A file as it came out; `damage` says where it did not come out whole."""

    sha256: str
    bytes: int
    damage: str = ""


def safe(name: str) -> bool:
    """Whether a file of this name may be in a bundle: relative, within it, and with no odd characters."""
    return NAME.fullmatch(name) is not None and len(name) <= 400


def write(file: Path, entries: Mapping[str, Path | bytes]) -> None:
    """Sorted by name, without times: the same entries give the same bytes. Raises OSError."""
    with zipfile.ZipFile(file, "w") as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, MOMENT)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, MODE
            content = entries[name]
            with archive.open(info, "w", force_zip64=False) as out:
                if isinstance(content, bytes):
                    out.write(content)
                else:
                    with content.open("rb") as source:
                        while chunk := source.read(CHUNK):
                            out.write(chunk)


def unpack(file: Path, folder: Path) -> dict[str, Unpacked]:
    """Everything in it, in the folder. Raises BundleError for what is no zip, or none that may be opened."""
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            _examine(file, infos)
            left = MOST_BYTES
            found: dict[str, Unpacked] = {}
            for info in infos:
                found[info.filename] = one = _unpack(archive, info, folder / info.filename, left, file)
                left -= one.bytes
            return found
    except FileNotFoundError:
        raise BundleError(f"{file}: not found; expected a bundle") from None
    except UNREADABLE as error:
        raise BundleError(f"{file}: no bundle: {str(error) or type(error).__name__}") from None


def _examine(file: Path, infos: list[zipfile.ZipInfo]) -> None:
    """What can be said before anything is unpacked."""
    if len(infos) > MOST_FILES:
        raise BundleError(f"{file}: {len(infos)} files; expected at most {MOST_FILES}")
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        if not safe(info.orig_filename):
            raise BundleError(f"{file}: {name}: the name leads out of the bundle, or has odd characters")
        # Two names that differ in case are one file on some systems.
        if name.casefold() in seen:
            raise BundleError(f"{file}: {name}: is there twice")
        seen.add(name.casefold())
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise BundleError(f"{file}: {name}: expected a plain file, not a link or a folder")
    folders = {str(parent) for name in seen for parent in PurePosixPath(name).parents}
    if folders & seen:
        raise BundleError(f"{file}: {min(folders & seen)}: is both a file and a folder")


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, to: Path, left: int, file: Path) -> Unpacked:
    """Streams, and counts what really comes: the sizes that a zip tells of may be lies."""
    digest, size = hashlib.sha256(), 0
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(info) as source, to.open("wb") as out:
            for chunk in _chunks(source):
                size += len(chunk)
                if size > left:
                    raise BundleError(f"{file}: over {MOST_BYTES} bytes unpacked")
                if size > RATIO_FROM and size > MOST_RATIO * max(info.compress_size, 1):
                    raise BundleError(f"{file}: {info.filename}: unpacks to over {MOST_RATIO} times its size")
                digest.update(chunk)
                out.write(chunk)
    except UNREADABLE as error:
        return Unpacked("", size, str(error) or type(error).__name__)
    return Unpacked(digest.hexdigest(), size)


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(CHUNK):
        yield chunk
