"""Where a widget's bundles are delivered: page.yaml and the [cdn] table of a target file. Fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import splitext

from protocol.spec import Json, Spec
from protocol.target_file import TargetError

PROFILE = "cdn"
FILE_BYTES = 16 * 1024 * 1024  # of a file that is looked at, in its coding and without
VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")


@dataclass(frozen=True)
class Cdn:
    """A delivery: the URL that its paths are appended to, and the exact version that is asked of it.

    `integrity` is the path of the file with the hashes, where it is not beside the files. `missing` says why
    nothing can be asked of it here; empty where it can.
    """

    url: str
    version: str
    integrity: str | None = None
    missing: str = ""


def cdn_of(url: str, found: Mapping[str, str], spec: Spec, key: str = "cdn.version") -> Cdn:
    """The delivery at this URL, which has been looked at; `found` are the other keys of [cdn].

    Raises TargetError, calling the version `key`.
    """
    version = found.get("version") or spec.page["delivery"]["version"]
    check_version(version, key, spec)
    return Cdn(url, version, found.get("integrity"))


def check_version(version: str, key: str, spec: Spec) -> None:
    """Raises TargetError, naming the key, where the paths of page.yaml cannot hold the version."""
    if VERSION.fullmatch(version) and folder(spec, _exact(spec), version).startswith(f"/v{version}/"):
        return
    example = spec.page["delivery"]["version"]
    major = example.partition(".")[0]
    raise TargetError(f'{key}: expected a whole version {major}.M.P such as "{example}", got {version!r}')


def templates(spec: Spec) -> tuple[str, ...]:
    """The folders as page.yaml has them, the versioned ones first."""
    delivery = spec.page["delivery"]
    return (*delivery["versioned"], delivery["latest"])


def folder(spec: Spec, template: str, version: str) -> str:
    """A folder with its M and P filled in: `/v1.M/` of 1.4.2 is `/v1.4/`."""
    if template == spec.page["delivery"]["latest"]:
        return template
    _, minor, patch = version.split(".")
    return re.sub(r"\bP\b", patch, re.sub(r"\bM\b", minor, template))


def exact_folder(spec: Spec, version: str) -> str:
    """The folder of the exact version, whose files never change."""
    return folder(spec, _exact(spec), version)


def cache_control(spec: Spec, template: str) -> str:
    """What the files of a folder are kept by."""
    delivery = spec.page["delivery"]
    kind = "latest" if template == delivery["latest"] else "versioned"
    found: str = delivery["cache"][kind]
    return found


def media_types(spec: Spec, file: str) -> list[str]:
    """The content types with which a browser takes the file."""
    found: list[str] = spec.page["delivery"]["types"][splitext(file)[1]]
    return found


def hashes(document: object, file: str, algorithms: list[str]) -> list[str]:
    """The hashes that a published document states of a file, each as `sha384-…`; [] for none.

    Read are `{file: hashes}`, `{file: {"integrity": hashes}}`, and the same one key deeper (`files`, say).
    """
    if not isinstance(document, dict):
        return []
    inner = [value for value in document.values() if isinstance(value, dict)]
    for table in (document, *inner):
        value: object = table.get(file)
        if isinstance(value, dict):
            value = value.get("integrity")
        if isinstance(value, str):
            pattern = rf"(?:{'|'.join(algorithms)})-[A-Za-z0-9+/_-]+={{0,2}}"
            return [word for word in value.split() if re.fullmatch(pattern, word.partition("?")[0])]
    return []


def public(cdn: Cdn | None) -> Json | None:
    """What a report may say of it."""
    return None if cdn is None else {"url": cdn.url, "version": cdn.version}


def _exact(spec: Spec) -> str:
    found: str = spec.page["delivery"]["versioned"][-1]
    return found
