"""The wheel, installed alone in an empty environment: all that it needs is in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("protocol", "reference_server", "suite", "conformance", "e2e", "load", "reports", "parley")
ONLY_IN_A_CHECKOUT = {"reference_server/README.md"}
BROWSER = shutil.which("chromium") or shutil.which("chromium-headless-shell")
STUCK_S = 300


def uv(*words: object) -> None:
    command = [sys.executable, "-m", "uv", *(str(word) for word in words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=STUCK_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what is in the checkout now, not from what an earlier build left."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    uv("build", "--wheel", "--no-build-isolation", "--out-dir", out, source)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment with nothing but the wheel and what it depends on."""
    place = tmp_path_factory.mktemp("environment")
    uv("venv", "--python", sys.executable, place / "venv")
    python = place / "venv" / "bin" / "python"
    uv("pip", "install", "--python", python, "--constraints", ROOT / "requirements.lock", wheel)
    return python.parent


def run(folder: Path, *words: object, code: int = 0) -> str:
    """Runs a command of the environment in an empty folder; returns what it printed."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))
    }
    command = [str(word) for word in words]
    done = subprocess.run(
        command, cwd=folder, env=inherited, capture_output=True, text=True, timeout=STUCK_S, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_every_file_that_the_packages_read_is_in_it(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        str(file.relative_to(ROOT))
        for name in PACKAGES
        for file in (ROOT / name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert ours - inside == ONLY_IN_A_CHECKOUT
    packaged = {name for name in inside if not name.partition("/")[0].endswith(".dist-info")}
    assert packaged <= ours


def test_it_knows_its_spec_its_mutants_and_its_loads(installed: Path, tmp_path: Path) -> None:
    assert "does not contradict itself" in run(tmp_path, installed / "parley", "lint")
    assert re.search(r"^\d{3} mutants", run(tmp_path, installed / "parley", "mutants"), re.MULTILINE)
    assert "steady" in run(tmp_path, installed / "parley", "load", "--list")
    run(tmp_path, installed / "parley", "target", "init", "my.toml")
    assert (tmp_path / "my.toml").exists()


def test_it_scores_a_server_and_its_checks_can_be_run_by_pytest(installed: Path, tmp_path: Path) -> None:
    narrowed = ["--requirement", "MBOX-2", "--requirement", "SLO-2", "--run-dir", "run"]
    said = run(tmp_path, installed / "parley", "score", "--no-e2e", *narrowed)
    assert "1/1" in said
    assert (tmp_path / "run" / "index.html").exists()
    pytest_words = ["-m", "pytest", "--pyargs", "conformance", "-p", "conformance.plugin", "-q"]
    said = run(tmp_path, installed / "python", *pytest_words, "-k", "an_offer_is_read_once")
    assert re.search(r"^1 passed", said, re.MULTILINE)


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed (make test says how)")
@pytest.mark.skipif(shutil.which("turnserver") is None, reason="coturn is not installed")
def test_it_chats_through_its_widget(installed: Path, tmp_path: Path) -> None:
    said = run(tmp_path, installed / "parley", "score", "--requirement", "WID-2", "--load", "none")
    assert re.search(r"^widget +1/1", said, re.MULTILINE)


def test_a_wrong_server_is_found_with_the_mutants_that_prove_it(installed: Path, tmp_path: Path) -> None:
    asked = ["--requirement", "MBOX-2", "--no-e2e", "--load", "none", "--mutant", "offer-survives-reading"]
    said = run(tmp_path, installed / "parley", "score", *asked, code=1)
    assert "MBOX-2  MUST  fail" in said
    assert re.search(r"proven by \d+ mutants?", said)
