"""`pytest conformance` behaves as a pytest user expects: real pytest, as a process, over the real suite."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from score_kit import SECRET, Command, Ended, free_port, hostile
from server_kit import ServerProcess

from protocol.spec import SPEC_DIR

CONFIG = {"auth": {"hs256_secret": SECRET}, "test_control": {"enabled": True}}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def suite(*options: str, env: Mapping[str, str] | None = None) -> Ended:
    """`pytest conformance` with these options."""
    words = [sys.executable, "-m", "pytest", "conformance", "-p", "no:cacheprovider", *options]
    return Command(words, env={"COLUMNS": "200", **(env or {})}).wait()


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The options of a server with one fault, and a red SHOULD: it keeps offers for too long a time (its own
    copy of the spec says so), and it does not mind the name of a field.
    """
    folder = tmp_path_factory.mktemp("forgetful")
    copy = folder / "spec"
    shutil.copytree(SPEC_DIR, copy)
    policy = (copy / "policy.yaml").read_text(encoding="utf-8")
    assert "offer_lifetime: 30 #" in policy
    (copy / "policy.yaml").write_text(
        policy.replace("offer_lifetime: 30 #", "offer_lifetime: 90 #"), encoding="utf-8"
    )
    file = folder / "target.toml"
    with ServerProcess(folder, CONFIG, spec=copy) as server:
        text = f'base_url = "{server.url}"\ntest_control = true\nprofiles = ["core", "auth"]\n'
        tokens = f'[tokens]\nsecret = "{SECRET}"\n[delivery]\ncookie = {{ encrypted = false }}\n'
        file.write_text(text + tokens, encoding="utf-8")
        yield str(file)


# -- green


def test_without_a_target_the_embedded_server_is_scored(tmp_path: Path) -> None:
    ended = suite("-k", "MBOX-2", "-v", "--run-dir", str(tmp_path))
    assert ended.code == 0, ended.out
    assert re.search(r"mailbox\.py::MBOX-2::an_offer_is_read_once PASSED", ended.out)
    assert "1 passed" in ended.out
    assert re.search(r"seed \d+; report: ", ended.out)
    assert {path.name for path in tmp_path.iterdir()} == {
        "run.jsonl",
        "result.json",
        "junit.xml",
        "index.html",
        "requirements.html",
        "made.html",
        ".pages",
    }


def test_a_check_that_only_deepens_its_requirement_is_not_run_where_it_cannot_be(tmp_path: Path) -> None:
    """ICE-2 has one that needs a clock that can be moved; the requirement is decided without it."""
    ended = suite("--time", "real", "--requirement", "ICE-2", "-v", "--run-dir", str(tmp_path))
    assert ended.code == 0, ended.out
    assert "1 passed, 1 not run" in ended.out


def test_what_is_collected_can_be_listed_without_a_run(tmp_path: Path) -> None:
    ended = suite("--collect-only", "-q", "--requirement", "ROOM-1", "--run-dir", str(tmp_path / "run"))
    assert ended.code == 0
    listed = [line for line in ended.out.splitlines() if "::" in line]
    assert [line.split("::")[1] for line in listed] == ["ROOM-1", "ROOM-1"]
    assert all(line.startswith("conformance/checks/rooms.py::") for line in listed)
    assert not (tmp_path / "run").exists()


def test_markers_select_by_level(tmp_path: Path) -> None:
    ended = suite("--collect-only", "-q", "-m", "should", "--profile", "core")
    ids = {line.split("::")[1] for line in ended.out.splitlines() if "::" in line}
    assert ids == {"ROOM-6", "ROOM-9", "ROOM-14", "MBOX-11", "MBOX-12", "MBOX-13"}


# -- red


def test_a_failed_must_fails_with_its_evidence(forgetful: str, tmp_path: Path) -> None:
    junit = tmp_path / "pytest.xml"
    options = ("--target-file", forgetful, "--run-dir", str(tmp_path / "run"), "--junitxml", str(junit))
    ended = suite(*options, "--requirement", "MBOX-4", "--requirement", "MBOX-5", "-v")
    assert ended.code == 1
    assert "MBOX-4::an_unread_offer_is_gone_after_its_lifetime FAILED" in ended.out
    assert "MBOX-5::an_unread_answer_is_gone_after_its_lifetime PASSED" in ended.out
    assert re.search(r"MBOX-4  MUST  fail   An unread offer is gone after its lifetime", ended.out)
    assert "wanted  getOffer: 404" in ended.out
    assert re.search(r'got     200 \{"success": true, "offer"', ended.out)
    assert re.search(r"again   curl -sS .*/signaling/offer/room_", ended.out)
    assert "Traceback" not in ended.out + ended.err
    root = ET.parse(junit).getroot()  # noqa: S314 - pytest's own report
    cases = {str(case.get("classname")).rsplit(".", 1)[-1]: case for case in root.iter("testcase")}
    assert cases["MBOX-4"].find("failure") is not None
    assert cases["MBOX-5"].find("failure") is None


def test_x_stops_at_the_first_failure(forgetful: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    ended = suite("--target-file", forgetful, "--run-dir", str(folder), "-k", "MBOX-4 or MBOX-5", "-x", "-v")
    assert ended.code == 1
    assert "stopping after 1 failures" in ended.out
    assert "MBOX-5" not in "".join(line for line in ended.out.splitlines() if "PASSED" in line)
    assert (folder / "result.json").exists(), "what was decided is reported all the same"


def test_a_red_should_is_shown_and_is_no_failure(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    with hostile("empty-object") as url:
        words = ("--target", url, "--run-dir", str(tmp_path / "run"), "-v", "-rs")
        ended = suite(*words, "--requirement", "AUTH-13")
    assert "AUTH-13::a_401_says_how_to_authenticate SHOULD FAIL" in ended.out
    assert "1 red SHOULD" in ended.out
    assert "FAILED" not in ended.out
    assert ended.code == 0, "only a MUST fails a run"


def test_every_verdict_has_its_word(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    with hostile("empty-object") as url:
        file.write_text(
            f'base_url = "{url}"\nprofiles = ["core", "auth"]\n'
            '[[expected_failures]]\nid = "ROOM-1"\nreason = "empty"\nissue = "https://issues.test/1"\n'
            f'[tokens]\nsecret = "{SECRET}"\n',
            encoding="utf-8",
        )
        asked = ("ROOM-5", "ROOM-13", "AUTH-16", "VAL-8", "AUTH-2")
        chosen = [word for name in asked for word in ("--requirement", name)]
        words = ("--target-file", str(file), "--run-dir", str(tmp_path / "run"), "-v")
        ended = suite(*words, *chosen)
    lines = [line for line in ended.out.splitlines() if "::" in line and "%]" in line]
    shown = {line.split("::")[1]: re.split(r"::\w+(?:\[.*?\])? ", line)[1] for line in lines}
    shown = {name: re.split(r"  | \(", rest)[0] for name, rest in shown.items()}
    assert shown["ROOM-5"] == "FAILED", "undecided is not green"
    assert shown["ROOM-13"] == "NOT RUN"
    assert shown["AUTH-16"] == "NOT APPLICABLE"
    assert shown["VAL-8"] == "NOT CLAIMED"
    assert shown["AUTH-2"] == "FAILED"
    assert ended.code == 1


def test_an_expected_failure_is_no_failure(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    with hostile("empty-object") as url:
        file.write_text(
            f'base_url = "{url}"\nprofiles = ["core"]\n'
            '[[expected_failures]]\nid = "ROOM-1"\nreason = "rooms are empty"\nissue = "https://issues.test/1"\n'
            f'[tokens]\nsecret = "{SECRET}"\n',
            encoding="utf-8",
        )
        words = ("--target-file", str(file), "--run-dir", str(tmp_path / "run"), "-v")
        ended = suite(*words, "--requirement", "ROOM-1")
    assert "EXPECTED FAIL" in ended.out
    assert " FAILED" not in ended.out
    assert ended.code == 0


def test_no_escape_of_the_targets_reaches_the_terminal(tmp_path: Path) -> None:
    with hostile("markup") as url:
        words = ("--target", url, "--run-dir", str(tmp_path / "run"), "-v", "-ra", "--max-wait", "0")
        ended = suite(*words, "-k", "MBOX or AUTH-1 or AUTH-13 or ROOM-6")
    assert "parley-owned" in ended.out
    assert not CONTROL.search(ended.out + ended.err)


# -- usage


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--profile", "nope"), "--profile nope: no such profile"),
        (("--requirement", "NOPE-1"), "--requirement NOPE-1: no such requirement"),
        (("--max-wait", "-1"), "--max-wait: expected 0 or more seconds"),
        (("--no-such-option",), "unrecognized arguments"),
    ],
)
def test_wrong_usage_is_pytests_own_4(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    ended = suite(*options, "--run-dir", str(tmp_path / "run"))
    assert ended.code == 4
    assert words in ended.out + ended.err
    assert not (tmp_path / "run").exists()


def test_a_target_that_is_down_is_2(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ended = suite("--target", url, "-k", "ROOM-1", "--run-dir", str(tmp_path / "run"), "-v")
    assert ended.code == 2
    assert "NOT RUN" in ended.out
    assert "passed" not in ended.out


def test_a_target_file_that_is_wrong_is_2_with_one_line(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text("nonsense = 1\n", encoding="utf-8")
    ended = suite("--target-file", str(file), "-k", "MBOX-2", "--run-dir", str(tmp_path / "run"))
    assert ended.code == 2
    assert "nonsense: unknown key" in ended.out
    assert "Traceback" not in ended.out + ended.err


def test_a_k_that_matches_nothing_is_pytests_own_5() -> None:
    assert suite("-k", "no_such_check").code == 5


def test_ctrl_c_ends_a_run_soon(forgetful: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    words = [sys.executable, "-m", "pytest", "conformance", "-p", "no:cacheprovider", "--time", "real", "-v"]
    options = ["--target-file", forgetful, "--run-dir", str(folder), "-k", "MBOX-5 or ROOM-1"]
    run = Command([*words, *options])
    log = folder / "run.jsonl"
    # As bytes: a character may have been written by half.
    while not (log.exists() and b'"type":"verdict"' in log.read_bytes()):
        assert run.process.poll() is None, run.wait()
        time.sleep(0.05)
    run.interrupt()
    ended = run.wait(120)
    assert ended.code == 2
    assert "KeyboardInterrupt" in ended.out
    assert '"type":"footer"' in log.read_text(encoding="utf-8")
