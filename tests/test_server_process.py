"""A target's [start]: its process is ready, or says why not, and is ended with all its children."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from score_kit import TARGETS, free_port, scoring

from suite.server_process import ServerProcess, StartError

HOSTILE = f"{sys.executable} {TARGETS / 'hostile.py'} empty-object"


def alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False


def gone(pid: int) -> bool:
    until = time.monotonic() + 60
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(pid)


@pytest.mark.parametrize("shell", [True, False])
def test_it_is_ready_once_it_answers(shell: bool) -> None:
    port = free_port()
    command = f"{HOSTILE} --port {port}"
    with ServerProcess(command if shell else command.split()) as process:
        process.wait_until_ready(f"http://127.0.0.1:{port}/health", 60)
        pid = process.pid
        assert alive(pid)
    assert gone(pid)


def test_a_refusal_is_an_answer_too() -> None:
    port = free_port()
    with ServerProcess(f"{HOSTILE.replace('empty-object', 'server-error')} --port {port}") as process:
        process.wait_until_ready(f"http://127.0.0.1:{port}/health", 60)


def test_a_command_that_ends_says_its_last_words() -> None:
    words = "ended with 3: the port is taken"
    with (
        ServerProcess("echo the port is taken >&2; exit 3") as process,
        pytest.raises(StartError, match=words),
    ):
        process.wait_until_ready(f"http://127.0.0.1:{free_port()}/health", 60)


def test_a_command_that_does_not_exist_says_so() -> None:
    with pytest.raises(StartError, match="could not start no-such-command: No such file"):
        ServerProcess(["no-such-command"]).start()


def test_one_that_never_answers_is_given_up() -> None:
    with ServerProcess("sleep 600") as process:
        with pytest.raises(StartError, match=r"gave no answer within 0\.3 s"):
            process.wait_until_ready(f"http://127.0.0.1:{free_port()}/health", 0.3)
        pid = process.pid
    assert gone(pid)


def test_its_children_end_with_it(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    with ServerProcess(f"sleep 600 & echo $! > {noted}; wait") as process:
        until = time.monotonic() + 60
        while not (noted.exists() and noted.read_text().strip()) and time.monotonic() < until:
            time.sleep(0.02)
        child = int(noted.read_text())
        assert alive(child)
        assert alive(process.pid)
    assert gone(child)


def test_one_that_ignores_its_stop_signal_is_ended_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suite.server_process.STOP_S", 0.3)
    with ServerProcess("trap '' TERM; while :; do sleep 0.1; done") as process:
        time.sleep(0.2)
        pid = process.pid
    assert gone(pid)


def test_a_stop_command_is_run(tmp_path: Path) -> None:
    flag = tmp_path / "stopped"
    with ServerProcess(f"while [ ! -e {flag} ]; do sleep 0.05; done", stop=f"touch {flag}") as process:
        pid = process.pid
    assert flag.exists()
    assert gone(pid)


def test_a_stop_command_that_takes_too_long_is_ended_and_the_server_by_force(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("suite.server_process.STOP_COMMAND_S", 0.5)
    monkeypatch.setattr("suite.server_process.STOP_S", 0.3)
    noted = tmp_path / "pid"
    noted.touch()
    with ServerProcess("sleep 600", stop=f"echo $$ > {noted}; sleep 600; true") as process:
        pid = process.pid
    assert gone(pid)
    assert all(gone(int(word)) for word in noted.read_text(encoding="ascii").split())


def test_its_output_goes_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("from before\n", encoding="utf-8")
    with ServerProcess("echo hello; sleep 600", log=log) as process:
        until = time.monotonic() + 60
        while "hello" not in log.read_text(encoding="utf-8") and time.monotonic() < until:
            time.sleep(0.02)
        assert process.last_words().endswith("from before | hello")


def test_a_run_whose_start_fails_ends_with_2_and_one_line(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        f'base_url = "http://127.0.0.1:{free_port()}"\ntokens = {{ secret_env = "PARLEY_JWT_SECRET" }}\n'
        '[start]\ncommand = "echo \\u001b[31mno such database; exit 1"\n',
        encoding="utf-8",
    )
    ended = scoring(tmp_path / "run", "--target-file", str(file), "--start").wait()
    assert ended.code == 2
    (line,) = ended.err.strip().splitlines()
    assert "ended with 1" in line
    assert "no such database" in line
    assert "\x1b" not in line
    assert os.listdir(tmp_path) == ["target.toml"]
