"""`pytest conformance --fuzz TIME`: one item more, last, that is red where something is found."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from score_kit import free_port

ROOT = Path(__file__).parents[1]
LONG_S = 240
SECRET = "a secret of the tests, long enough for HS256"


def ended(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "pytest", "conformance", "-p", "no:cacheprovider", "--seed", "1"]
    argv += ["--run-dir", str(folder), *options]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=LONG_S, check=False)


Ended = subprocess.CompletedProcess[str]


def long_enough(folder: Path, too_short: Callable[[Ended], bool], *options: str) -> Ended:
    """A busy machine does less in ten seconds: then the run is made again, a longer one."""
    for seconds in (10, 30, 90):
        found = ended(folder / str(seconds), "--fuzz", f"{seconds}s", *options)
        if not too_short(found):
            break
    return found


def test_it_comes_after_the_checks_and_a_right_server_stands_it(tmp_path: Path) -> None:
    def shallow(found: Ended) -> bool:
        return found.returncode == 2 and "shallow: nobody signed in was ever answered" in found.stdout

    found = long_enough(tmp_path, shallow, "-v", "-k", "an_offer_is_read_once or fuzz")
    assert found.returncode == 0, found.stdout
    shown = [line.split("::")[-1].split()[0] for line in found.stdout.splitlines() if "PASSED" in line]
    assert shown[-1] == "fuzz" and len(shown) == 2, found.stdout
    (folder,) = (path.parent for path in tmp_path.glob("*/index.html") if found.stdout.count(f"{path}\n"))
    assert (folder / "fuzz" / "attack.json").is_file()


def test_without_the_option_there_is_no_such_item(tmp_path: Path) -> None:
    found = ended(tmp_path, "--collect-only", "-k", "fuzz")
    assert "fuzz/__init__.py" not in found.stdout


@pytest.mark.parametrize("text", ["soon", "0s"])
def test_a_time_that_is_none_is_wrong_usage(tmp_path: Path, text: str) -> None:
    found = ended(tmp_path, "--fuzz", text)
    assert found.returncode == 4
    assert "--fuzz: expected a time of 1s to 24h" in found.stdout + found.stderr


def test_others_machines_are_not_fuzzed_by_mistake(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        f'base_url = "http://192.0.2.1"\n[tokens]\nsecret = "{SECRET}"\n'
        "[delivery]\nbearer = { encrypted = false }\n",
        encoding="utf-8",
    )
    found = ended(tmp_path, "--fuzz", "20s", "-k", "fuzz", "--target-file", str(file))
    assert found.returncode == 2 and "--i-operate-this-target" in found.stdout, found.stdout


def test_what_it_finds_is_told_as_a_conversation(tmp_path: Path) -> None:
    """The fault is the target's start command: a wrong server like any other."""
    port = free_port()
    config, file = tmp_path / "server.toml", tmp_path / "target.toml"
    config.write_text(f'[auth]\nhs256_secret = "{SECRET}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "reference_server", "--config", str(config), "--port", str(port)]
    command += ["--mutant", "an-empty-box-is200"]
    file.write_text(
        f'base_url = "http://127.0.0.1:{port}"\nprofiles = ["core"]\n[tokens]\nsecret = "{SECRET}"\n'
        f"[delivery]\ncookie = {{ encrypted = false }}\n[start]\ncommand = {command!r}\n",
        encoding="utf-8",
    )
    words = ("-k", "fuzz", "--target-file", str(file), "--start")
    found = long_enough(tmp_path / "run", lambda found: "MBOX-10  MUST" not in found.stdout, *words)
    assert found.returncode == 1, found.stdout
    assert "MBOX-10  MUST" in found.stdout and "\n!  " in found.stdout
