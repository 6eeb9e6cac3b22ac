"""Bundles the widget by esbuild: the files that page.yaml names, a source map beside each, their hashes.

The sources are the widget's folder and the module made from the spec: an edited spec is followed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from protocol.spec import Spec
from reference_server.pages import PROTOCOL_JS, WIDGET
from reference_server.widget_protocol import module

TOOL = "esbuild"
PATIENCE_S = 20.0  # for one run of it, which takes 30 ms
SCRIPT, STYLE = "widget.js", "chat-widget.css"
COMMON = ("--bundle", "--sourcemap", "--charset=utf8", "--log-level=error", "--legal-comments=none")
SMALL = ("--minify", "--drop:console", "--drop:debugger")
ALGORITHM = "sha384"


class BundleError(Exception):
    """The bundles cannot be made; one sentence says why."""


class Bundler:
    """Makes the bundles. Whoever makes wrong ones overrides what is read, or how it is bundled."""

    def __init__(self, spec: Spec, folder: Path = WIDGET) -> None:
        self._spec = spec
        self._folder = folder
        self.files: Mapping[str, str] = spec.page["delivery"]["files"]

    def make(self) -> dict[str, bytes]:
        """Every file by its name. Waits for esbuild in this thread. Raises BundleError."""
        tool = shutil.which(TOOL)
        if tool is None:
            raise BundleError(f"{TOOL} is not installed (Debian: apt-get install {TOOL})")
        with tempfile.TemporaryDirectory(prefix="parley-bundles-") as private:
            place = Path(private)
            self._write_sources(place / "widget")
            made: dict[str, bytes] = {}
            for entry, name, options in self.builds():
                out = place / "out" / name
                command = [tool, f"widget/{entry}", f"--outfile=out/{name}", *COMMON, *options]
                _run(command, place)
                made |= {file.name: file.read_bytes() for file in (out, out.with_name(f"{name}.map"))}
        hashes = {name: self.integrity(made[name]) for name in self.files.values()}
        made[self._spec.page["delivery"]["integrity"]] = json.dumps(hashes, indent=1).encode("ascii") + b"\n"
        return made

    def builds(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Each bundle's source, its file, and the options that are its own."""
        files = self.files
        return [
            (SCRIPT, files["bundle"], ("--format=iife",)),
            (SCRIPT, files["minified"], ("--format=iife", *SMALL)),
            (SCRIPT, files["module"], ("--format=esm",)),
            (STYLE, files["style"], ("--minify",)),
        ]

    def source(self, file: Path) -> str:
        """What is bundled of a file."""
        return file.read_text(encoding="utf-8")

    def integrity(self, content: bytes) -> str:
        """The hash of a file as the attribute `integrity` of an element has it."""
        return f"{ALGORITHM}-{base64.b64encode(hashlib.new(ALGORITHM, content).digest()).decode('ascii')}"

    def _write_sources(self, place: Path) -> None:
        place.mkdir()
        for file in self._folder.iterdir():
            if file.suffix in (".js", ".css"):
                (place / file.name).write_text(self.source(file), encoding="utf-8")
        (place / PROTOCOL_JS).write_text(module(self._spec), encoding="utf-8")


def _run(command: list[str], place: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=place, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise BundleError(f"{TOOL} was not done within {PATIENCE_S:g} s") from None
    except OSError as error:
        raise BundleError(f"{TOOL} cannot be started: {error.strerror}") from None
    if done.returncode != 0:
        words = " ".join(done.stderr.decode("utf-8", "replace").split())[:300]
        raise BundleError(f"{TOOL} failed: {words}")
