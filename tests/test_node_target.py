"""A server that shares no code with ours (tests/targets/node_server.mjs): Core reached, nobody accused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from score_kit import Scored, free_port, score

TARGET = Path("tests/targets/node.toml")
RED = ("fail", "inconclusive", "flaky", "harness-error", "expected-fail")

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None and "CI" not in os.environ, reason="no node on this machine's PATH"
)


def scored(folder: Path, *options: str, target: Path = TARGET) -> Scored:
    """The Node server started by its target file's [start], on a free port, and scored."""
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    words = ("--target", url, "--target-file", str(target), "--start", *options)
    return score(folder, *words, env={"PORT": port})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    return scored(tmp_path_factory.mktemp("node"))


def test_the_small_node_server_reaches_core(whole: Scored) -> None:
    assert whole.code == 0, whole.out + whole.err
    core = whole.result["levels"]["Core"]
    assert core == {"reached": True, "provisional": [], "missing": []}
    assert whole.result["score"] == 100
    assert whole.result["problems"] == []


def test_nothing_is_held_against_it(whole: Scored) -> None:
    assert not whole.having(*RED)
    assert whole.result["target"]["expected_failures"] == []
    company = [record for record in whole.records if record.get("note", "").startswith("failed once")]
    assert not company, "nor did a check fail in company only"


def test_every_requirement_of_its_profiles_has_a_verdict_of_its_own(whole: Scored) -> None:
    asked = {
        name: found["verdict"]
        for name, found in whole.result["requirements"].items()
        if found["profile"] in ("core", "auth", "validation")
    }
    others = {name for name in whole.verdicts if name not in asked}
    # HS256 by a shared secret without iss and aud: what is about a JWKS, an issuer, an audience is not asked.
    excused = {"AUTH-15", "AUTH-16", "AUTH-17", "AUTH-19", "AUTH-21"}
    assert {name for name, verdict in asked.items() if verdict != "pass"} == excused
    assert {asked[name] for name in excused} == {"not-applicable"}
    assert {whole.verdicts[name] for name in others} == {"not-claimed"}


def test_with_core_and_auth_claimed_alone_all_of_them_pass(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    text = TARGET.read_text(encoding="utf-8")
    claims = 'profiles = ["core", "auth", "validation"]'
    assert claims in text
    file.write_text(text.replace(claims, 'profiles = ["core", "auth"]'), encoding="utf-8")
    done = scored(tmp_path / "run", target=file)
    assert done.code == 0, done.out + done.err
    assert not done.having(*RED, "not-run")
    (missing,) = done.result["levels"]["Core"]["missing"]
    assert missing.startswith("profile validation")
    profiles = done.result["profiles"]
    for profile in ("core", "auth"):
        assert set(profiles[profile]["MUST"]) <= {"pass", "not-applicable"}


def test_a_real_time_run_of_it_is_clean_too(tmp_path: Path) -> None:
    """Without the long waits; node ends idle connections by itself, as servers do."""
    done = scored(tmp_path, "--time", "real", "--max-wait", "0", "--profile", "core", "--profile", "auth")
    assert done.code == 0, done.out + done.err
    assert not done.having(*RED)
    waiting = {"MBOX-4", "MBOX-5", "MBOX-6", "ROOM-4", "ROOM-12", "ROOM-13", "ROOM-16"}
    assert set(done.having("not-run")) <= waiting
