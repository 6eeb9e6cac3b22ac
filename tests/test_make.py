"""Makefile and set-up scripts: what they would do on other machines, with stubs for the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("dirname", "mktemp", "tail", "rm", "cat", "sh")


class Machine:
    """A PATH of its own, with a few real tools and stubs that note how they are called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        self.calls.touch()
        for name in TOOLS:
            found = shutil.which(name)
            assert found is not None
            (folder / name).symlink_to(found)

    def stub(self, name: str, body: str = "") -> None:
        file = self.folder / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.calls}"\n{body}\n', encoding="utf-8")
        file.chmod(0o755)

    def sh(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(ROOT / "scripts" / script), *arguments],
            cwd=self.folder,
            env={"PATH": str(self.folder), "HOME": str(self.folder), "TMPDIR": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    @property
    def called(self) -> list[str]:
        return self.calls.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_nothing_is_done_where_nothing_is_missing(machine: Machine) -> None:
    machine.stub("node")
    machine.stub("apt-get")
    done = machine.sh("system-packages.sh", "node")
    assert (done.returncode, done.stdout, done.stderr, machine.called) == (0, "", "", [])


def test_root_installs_what_is_missing_by_its_package(machine: Machine) -> None:
    machine.stub("id", "echo 0")
    machine.stub("apt-get")
    machine.stub("npm")
    done = machine.sh("system-packages.sh", "node", "npm", "chromium", "turnserver")
    assert done.returncode == 0
    assert done.stdout == "system packages: installing nodejs chromium coturn\n"
    assert [call for call in machine.called if call.startswith("apt-get")] == [
        "apt-get update -qq",
        "apt-get install -y -qq --no-install-recommends nodejs chromium coturn",
    ]


def test_others_are_told_what_to_install_and_it_goes_on(machine: Machine) -> None:
    machine.stub("id", "echo 1000")
    machine.stub("apt-get")
    done = machine.sh("system-packages.sh", "node", "chromium")
    assert done.returncode == 0
    assert "not there: nodejs chromium" in done.stderr
    assert machine.called == ["id -u"]


def test_it_goes_on_where_the_installation_fails(machine: Machine) -> None:
    machine.stub("id", "echo 0")
    machine.stub("apt-get", "echo 'no such package' >&2; exit 100")
    done = machine.sh("system-packages.sh", "chromium")
    assert done.returncode == 0
    assert "no such package" in done.stderr
    assert "could not install: chromium" in done.stderr


def test_the_small_browser_is_taken_where_there_is_one(machine: Machine) -> None:
    machine.stub("id", "echo 0")
    machine.stub("apt-get")
    machine.sh("system-packages.sh", "browser", "turnserver")
    assert machine.called[-1].endswith("chromium-headless-shell coturn")


def test_elsewhere_it_is_the_whole_one(machine: Machine) -> None:
    machine.stub("id", "echo 0")
    machine.stub("apt-get", 'case "$*" in *headless*) exit 100;; esac')
    done = machine.sh("system-packages.sh", "node", "browser", "turnserver")
    assert machine.called[-1].split()[-3:] == ["nodejs", "chromium", "coturn"]
    assert done.stderr == ""


def test_without_any_python_it_says_what_is_needed(machine: Machine) -> None:
    machine.stub("id", "echo 1000")
    done = machine.sh("setup.sh", "python3", ".venv")
    assert done.returncode == 1
    assert "setup: python3 is not there. Install Python 3.11 or newer" in done.stderr


def test_an_old_python_is_named_with_its_version(machine: Machine) -> None:
    machine.stub("python3", 'case "$2" in *print*) echo 3.9;; *) exit 1;; esac')
    done = machine.sh("setup.sh", "python3", ".venv")
    assert done.returncode == 1
    assert "setup: python3 is Python 3.9; 3.11 or newer is needed" in done.stderr


def test_a_python_without_venv_is_told_its_package(machine: Machine) -> None:
    machine.stub("id", "echo 1000")
    machine.stub("python3", 'case "$2" in *print*) echo 3.11;; *ensurepip*) exit 1;; esac')
    done = machine.sh("setup.sh", "python3", ".venv")
    assert done.returncode == 1
    assert "apt-get install python3.11-venv" in done.stderr


def test_set_up_installs_the_lock_with_hashes_and_fetches_nothing_else(machine: Machine) -> None:
    machine.stub("python3", 'case "$2" in *print*) echo 3.11;; esac')
    (machine.folder / ".venv" / "bin").mkdir(parents=True)
    machine.stub("pip-stub")
    (machine.folder / ".venv" / "bin" / "python").symlink_to(machine.folder / "pip-stub")
    assert machine.sh("setup.sh", "python3", ".venv").returncode == 0
    pip = "pip-stub -m pip --disable-pip-version-check -qq install"
    assert machine.called[-3:] == [
        "python3 -m venv .venv",
        f"{pip} --require-hashes --requirement requirements.lock",
        f"{pip} --no-deps --no-build-isolation --editable .",
    ]


def make(*arguments: str) -> str:
    found = shutil.which("make")
    if found is None:
        pytest.skip("make is not installed")
    # READY is what stands for a set-up that has been done.
    return subprocess.run(
        [found, "-n", "--no-print-directory", f"READY={sys.executable}", *arguments],
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": "", "TARGET": "", "TARGET_FILE": "", "ARGS": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    ).stdout


def test_make_alone_says_what_there_is() -> None:
    shown = make()
    assert all(
        f"make {name} " in shown
        for name in ("score", "test", "lint", "bench", "mutation", "nightly", "lock", "clean")
    )


def test_make_score_hands_on_target_and_arguments() -> None:
    assert "parley score --load 'full'" in make("score")
    assert "parley score --load 'smoke'" in make("score", "LOAD=smoke")
    shown = make(
        "score", "TARGET=http://127.0.0.1:1", "TARGET_FILE=my target.toml", "ARGS=--profile core --seed 7"
    )
    assert (
        "parley score --load 'smoke' --target 'http://127.0.0.1:1' --target-file 'my target.toml' "
        "--profile core --seed 7"
    ) in shown


def test_what_make_test_is_told_comes_last() -> None:
    """So that `-n 0` of the user holds against our `-n auto`."""
    assert make("test", "ARGS=-n 0 --pdb").rstrip().endswith(" -n 0 --pdb")
