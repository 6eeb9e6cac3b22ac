"""Tools that come by npm, for tests that ask the official validators: tests/tools, installed on first use."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parent / "tools"
INSTALL_S = 300.0


def node_with_tools() -> str:
    """The command `node`, with what tests/tools/package.json names installed. Skips where there is none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are needed for the official validators, and are not there")
    with (TOOLS / "package.json").open(encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # tests of other workers may want them too
        wanted = json.load(file)["dependencies"]
        if any(version != _installed(name) for name, version in wanted.items()):
            subprocess.run([npm, "ci", "--ignore-scripts"], cwd=TOOLS, check=True, timeout=INSTALL_S)
    return node


def _installed(name: str) -> str:
    """The version that is installed; empty where none is."""
    about = TOOLS / "node_modules" / name / "package.json"
    found: str = json.loads(about.read_text(encoding="utf-8"))["version"] if about.exists() else ""
    return found
