"""`parley attack` as a user has it: what it prints and writes, Ctrl-C, and doing a finding again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from turn_kit import until

ROOT = Path(__file__).parents[1]
LONG_S = 240.0
Ended = tuple[int, str, str]  # exit code, what it said, what it complained of


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "parley", "attack", "--run-dir", str(folder), "--seed", "1", *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def ended(process: subprocess.Popen[str]) -> Ended:
    try:
        out, err = process.communicate(timeout=LONG_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, out, err


def long_enough(folder: Path, too_short: Callable[[Ended], bool], *options: str) -> tuple[Path, Ended]:
    """A busy machine does less in that time: then it is done again, for longer. The folder and what came."""
    for seconds in (8, 40, 120):
        place = folder / f"{seconds}s"
        came = ended(start(place, "--for", f"{seconds}s", *options))
        if not too_short(came):
            break
    return place, came


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An attack on a server that is wrong, by the methods that are quick to see it."""
    folder = tmp_path_factory.mktemp("found")
    how = ("--method", "texts", "--method", "model", "--mutant", "offer-survives-reading")
    place, (code, out, err) = long_enough(folder, lambda came: "MBOX-2  MUST  found" not in came[1], *how)
    assert code == 1, out + err
    return place, out


def test_what_is_found_is_told_and_written(found: tuple[Path, str]) -> None:
    folder, out = found
    result = json.loads((folder / "attack.json").read_text(encoding="utf-8"))
    first = next(one for one in result["findings"] if one["requirement"] == "MBOX-2")
    assert (first["level"], first["again"], first["tried"]) == ("MUST", 2, 2)
    assert "MBOX-2  MUST  found" in out and "tried again, it came 2 of 2 times" in out
    assert out.rstrip().endswith(f"Report     {folder / 'index.html'}")
    assert {path.name for path in next((folder / "findings").iterdir()).iterdir()} == {
        "conversation.txt",
        "curl.sh",
        "test_finding.py",
        "replay.json",
    }


def test_a_finding_is_done_again_where_the_fault_is_and_not_where_it_is_not(
    found: tuple[Path, str], tmp_path: Path
) -> None:
    replay = next(found[0].glob("findings/*-MBOX-2-*/replay.json"))
    code, out, _ = ended(start(tmp_path / "a", "--replay", str(replay), "--mutant", "offer-survives-reading"))
    assert code == 1 and "MBOX-2  MUST  found" in out
    code, out, _ = ended(start(tmp_path / "b", "--replay", str(replay)))
    assert code == 0 and "Nothing was found." in out


def test_ctrl_c_ends_it_with_a_report(tmp_path: Path) -> None:
    process = start(tmp_path, "--for", "10m")
    assert process.stderr is not None
    # It has started its server: it is under way, or not quite, and both must end in good order.
    until(psutil.Process(process.pid).children, "the server that it attacks")
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    code, out, err = ended(process)
    assert code == 2 and "Traceback" not in err, out + err
    if "before there was anything to tell" not in err:  # it had begun
        assert "The attack was stopped: interrupted" in out and (tmp_path / "index.html").is_file()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("[]", "expected a replay.json with method (texts, model, fuzz, schedules, faults) and replay"),
        ('{"method": "guessing", "replay": {}}', "expected a replay.json with method"),
        ('{"method": "model", "replay": {"actions": "none"}}', "the replay of model: expected actions"),
        ('{"method": "fuzz", "replay": {}}', "the replay of fuzz: expected trials"),
        ('{"method": "schedules", "replay": {"schedule": "alice"}}', "'alice': expected who:verb"),
    ],
)
def test_a_replay_that_is_none_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "replay.json"
    file.write_text(text, encoding="utf-8")
    code, _, err = ended(start(tmp_path / "run", "--replay", str(file)))
    assert code == 2, err
    assert err.startswith("parley: ") and err.count("\n") == 1 and said in err
    assert "replay" in err


def test_a_corpus_is_tried_first_and_a_bad_file_in_it_is_named(
    found: tuple[Path, str], tmp_path: Path
) -> None:
    replay = next(found[0].glob("findings/*-MBOX-2-*/replay.json"))
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "past.json").write_bytes(replay.read_bytes())
    method = json.loads(replay.read_text(encoding="utf-8"))["method"]
    how = ("--method", method, "--corpus", str(corpus), "--mutant", "offer-survives-reading")
    place, (code, out, _) = long_enough(tmp_path / "run", lambda came: came[0] == 2, *how)
    result = json.loads((place / "attack.json").read_text(encoding="utf-8"))
    assert code == 1 and result["findings"][0]["requirement"] == "MBOX-2", out
    (corpus / "bad.json").write_text("{}", encoding="utf-8")
    code, _, err = ended(start(tmp_path / "bad", *how))
    assert code == 2 and err.startswith(f"parley: --corpus: {corpus / 'bad.json'}: expected a replay.json"), (
        err
    )
    code, _, err = ended(start(tmp_path / "none", "--corpus", str(tmp_path / "nowhere")))
    assert code == 2 and err == f"parley: --corpus: {tmp_path / 'nowhere'}: expected a folder\n"


def test_a_method_that_is_none_is_refused(tmp_path: Path) -> None:
    code, _, err = ended(start(tmp_path, "--method", "guess"))
    assert code == 2 and "invalid choice: 'guess'" in err


def test_a_target_that_is_down_decides_nothing(tmp_path: Path) -> None:
    env_secret = "PARLEY_JWT_SECRET"
    argv = [sys.executable, "-m", "parley", "attack", "--target", "http://127.0.0.1:9", "--for", "2s"]
    env = {**os.environ, env_secret: "a secret of the tests, long enough for HS256"}
    done = subprocess.run(
        argv, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=LONG_S, check=False
    )
    assert done.returncode == 2 and done.stderr.startswith("parley: http://127.0.0.1:9"), done.stderr
