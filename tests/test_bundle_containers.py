"""Files that are no bundles, or that may not be opened."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
from bundle_kit import (
    MANIFEST,
    SPEC,
    verified,
)
from report_kit import a_failure, report

from reports.bundle import BundleError, container, pack


def zipped(to: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return to


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


UNSAFE: list[tuple[str, list[tuple[str | zipfile.ZipInfo, bytes]], str]] = [
    ("out of it", [("../x", b"")], "leads out"),
    ("out of it from within", [("run/../../x", b"")], "leads out"),
    ("absolute", [("/etc/x", b"")], "leads out"),
    ("a drive", [("C:\\x", b"")], "leads out"),
    ("a folder", [("run/", b"")], "leads out"),
    ("odd characters", [("run/\x1b[31m", b"")], "odd characters"),
    ("a link", [(link("run/x"), b"/etc/passwd")], "not a link"),
    ("names that differ in case", [("run/x", b""), ("run/X", b"")], "is there twice"),
    ("a file that is a folder", [("run", b""), ("run/x", b"")], "both a file and a folder"),
    ("a bomb", [("run/x", bytes(8 << 20))], "unpacks to over"),
    ("foreign", [("hello", b"world")], f"no {MANIFEST} in it"),
    ("a manifest of another kind", [(MANIFEST, b"{}")], "is a required property"),
    ("a manifest that is none", [(MANIFEST, b"[" * 100_000)], "expected JSON"),
    ("empty", [], f"no {MANIFEST} in it"),
]


@pytest.mark.parametrize(("entries", "words"), [row[1:] for row in UNSAFE], ids=[row[0] for row in UNSAFE])
def test_what_may_not_be_opened_is_refused(
    entries: list[tuple[str | zipfile.ZipInfo, bytes]], words: str, tmp_path: Path
) -> None:
    with pytest.raises(BundleError, match=words):
        verified(zipped(tmp_path / "x.zip", *entries))
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        file = zipped(tmp_path / "x.zip", (MANIFEST, b"{}"), (MANIFEST, b"{}"))
    with pytest.raises(BundleError, match="is there twice"):
        verified(file)


def test_too_much_and_too_many_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = zipped(tmp_path / "x.zip", *((f"run/{number}", b"x" * 100) for number in range(20)))
    monkeypatch.setattr(container, "MOST_BYTES", 1999)
    with pytest.raises(BundleError, match="over 1999 bytes unpacked"):
        verified(file)
    monkeypatch.setattr(container, "MOST_FILES", 19)
    with pytest.raises(BundleError, match="20 files; expected at most 19"):
        verified(file)


@pytest.mark.parametrize("cut", [1, 100, 5000])
def test_a_file_that_was_cut_off_is_refused(cut: int, tmp_path: Path) -> None:
    report(tmp_path, a_failure())
    whole = pack.pack(tmp_path, SPEC, tmp_path / "whole.zip").file.read_bytes()
    (tmp_path / "x.zip").write_bytes(whole[:-cut])
    with pytest.raises(BundleError, match="no bundle"):
        verified(tmp_path / "x.zip")
