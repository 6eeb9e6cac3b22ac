"""`parley score` with peers and browsers beside it: without the tools, with own tokens, interrupted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from score_kit import ROOT, free_port

from suite.server_process import EmbeddedServer

LONG_S = 240
needs_tools = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("turnserver")), reason="needs chromium and turnserver"
)


def score(folder: Path, *options: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "parley", "score", "--load", "none", "--run-dir", str(folder), *options],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def result(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return found


def asking(*ids: str) -> list[str]:
    return [word for name in ids for word in ("--requirement", name)]


def test_without_browser_and_turn_server_it_says_what_to_install_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    process = score(tmp_path, *asking("MBOX-2", "ICE-4", "WID-1"), env={"PATH": str(tmp_path / "bin")})
    out, _ = process.communicate(timeout=LONG_S)
    assert process.returncode == 0, out
    found = result(tmp_path)["requirements"]
    assert found["MBOX-2"]["verdict"] == "pass"
    assert (found["ICE-4"]["verdict"], found["WID-1"]["verdict"]) == ("not-run", "not-run")
    assert "install coturn" in found["ICE-4"]["reason"]
    assert "chromium is not there: install it" in found["WID-1"]["reason"]


@needs_tools
def test_peers_sign_in_with_tokens_of_the_issuer_that_the_run_has(tmp_path: Path) -> None:
    port = free_port()
    with EmbeddedServer({"auth": {"jwks_url": f"http://127.0.0.1:{port}/.well-known/jwks.json"}}) as server:
        file = tmp_path / "target.toml"
        file.write_text(f'base_url = "{server.url}"\n[tokens.issuer]\nport = {port}\n', encoding="utf-8")
        process = score(tmp_path / "run", "--target-file", str(file), *asking("MBOX-2", "PEER-1"))
        out, _ = process.communicate(timeout=LONG_S)
    found = result(tmp_path / "run")
    assert found["fitness"]["PEER-1"]["verdict"] == "pass", out
    assert found["requirements"]["PEER-1"]["verdict"] == "not-claimed"
    assert process.returncode == 0


@needs_tools
def test_an_interrupt_ends_the_processes_and_what_they_decided_is_kept(tmp_path: Path) -> None:
    process = score(tmp_path, *asking("MBOX-2", "PEER-1", "PEER-15"))
    logs = [tmp_path / "e2e-peers" / "run.jsonl"]
    until = time.monotonic() + LONG_S
    # As bytes: a character may have been written by half.
    while not any(log.exists() and b'"attempt":"PEER-15' in log.read_bytes() for log in logs):
        assert time.monotonic() < until and process.poll() is None, "PEER-15 never began"
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=LONG_S)
    found = result(tmp_path)
    assert found["requirements"]["MBOX-2"]["verdict"] == "pass", out
    assert found["fitness"]["PEER-1"]["verdict"] == "pass"
    assert found["fitness"]["PEER-15"]["verdict"] == "not-run"
    assert found["fitness"]["PEER-15"]["reason"] == "interrupted"
    assert found["stopped"] == "interrupted"


def test_without_end_to_end_it_says_who_checks_it(tmp_path: Path) -> None:
    process = score(tmp_path, "--no-e2e", *asking("MBOX-2", "ICE-4"))
    out, _ = process.communicate(timeout=LONG_S)
    assert process.returncode == 0, out
    assert "`parley score` and `pytest e2e` check it" in result(tmp_path)["requirements"]["ICE-4"]["reason"]
