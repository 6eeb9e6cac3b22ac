"""`parley load` and `parley knee` as a user types them: lists, wrong words, the guard, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from load import profiles
from reports import runlog
from tests.load_runs import until
from tests.score_kit import ROOT, Command, free_port
from tests.server_kit import SECRET
from tests.test_load_faults import load, server

TARGET = 'base_url = "http://192.0.2.7:8787"\n[tokens]\nsecret = "a secret of the tests"\n'


def parley(*words: str, module: str = "parley") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        cwd=ROOT,
        timeout=120,
        check=False,
    )


def test_the_profiles_are_listed_with_what_they_are() -> None:
    ended = parley("load", "--list")
    assert ended.returncode == 0
    lines = {line.split()[0]: line for line in ended.stdout.splitlines()}
    assert set(lines) >= set(profiles.names()) - {"knee"}
    assert "100 users" in lines["steady"] and "150 s" in lines["steady"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--profile", "steadi"), "there is no load profile 'steadi'; did you mean steady?"),
        (("--profile", "nowhere.toml"), "nowhere.toml: no such file"),
        (("--scale", "0"), "--scale: expected a number above 0, got 0"),
        (("--scale", "nan"), "--scale: expected a number above 0, got nan"),
        (("--scale", "inf"), "--scale: expected a number above 0, got inf"),
        (("--warm-up", "0s"), "--warm-up: expected a time"),
        (("--metrics-port", "99999"), "--metrics-port: expected 1 to 65535, got 99999"),
        (("--profile", "peers", "--for", "3s"), "--for: not for the profile peers"),
        (("--scale", "9999"), "at most 20000 are sent"),
        (("--for", "5h"), "no run is longer than 14400 s"),
        (("--for", "soon"), "soon"),
        (("--processes", "0"), "--processes: expected 1 or more, got 0"),
    ],
)
def test_wrong_words_are_one_line_and_nothing_is_started(words: tuple[str, ...], said: str) -> None:
    ended = parley("load", *words)
    assert ended.returncode == 2
    assert said in ended.stderr and ended.stderr.startswith("parley: ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["load", "knee"])
def test_only_the_loopback_is_loaded(command: str, tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(TARGET, encoding="utf-8")
    ended = parley(command, "--target-file", str(file), "--run-dir", str(tmp_path / "run"))
    assert ended.returncode == 2
    assert "192.0.2.7 is not this machine" in ended.stderr and "--i-operate-this-target" in ended.stderr


@pytest.mark.parametrize("command", ["load", "knee", "locust"])
def test_a_metrics_page_elsewhere_is_not_read(command: str, tmp_path: Path) -> None:
    """Before anything is sent: the target itself is the loopback, and nobody is there."""
    file = tmp_path / "target.toml"
    near = TARGET.replace("192.0.2.7:8787", f"127.0.0.1:{free_port()}")
    file.write_text(f'{near}[memory]\nmetrics_url = "http://192.0.2.7:9/metrics"\n', encoding="utf-8")
    words = [command, "--target-file", str(file), "--run-dir", str(tmp_path / "run")]
    module = "parley"
    if command == "locust":
        module, words = "locust", ["-f", str(ROOT / "load"), "--headless", "--target-file", str(file)]
    ended = parley(*words, module=module)
    assert ended.returncode == 2, ended.stderr
    [line] = [line for line in ended.stderr.splitlines() if "192.0.2.7" in line]
    assert "memory.metrics_url: http://192.0.2.7:9/metrics: 192.0.2.7 is not this machine" in line
    assert "--i-operate-this-target" in line


def test_ctrl_c_ends_a_load_with_a_report(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    words = [sys.executable, "-m", "parley", "load", "--profile", "steady", "--run-dir", str(folder)]
    with server("right", tmp_path) as target:
        private = tmp_path / "private"
        private.mkdir()
        run = Command([*words, "--target-file", str(target)], env={"TMPDIR": str(private)})

        def measured() -> bool:
            """Whether Locust has told of a second: before that there is nothing to report."""
            assert run.process.poll() is None, run.wait()
            return any(live.stat().st_size for live in private.glob("parley-load-*/*.live"))

        until(measured)
        run.interrupt()
        ended = run.wait(120)
    assert ended.code == 2, ended.out + ended.err
    log = runlog.read(folder)
    assert log.footer["stopped"]
    assert {verdict["verdict"] for verdict in log.verdicts} == {"not-run"}
    assert "ended early" in ended.out or "stopped" in ended.out
    assert (folder / "index.html").exists()


@pytest.mark.parametrize("command", ["load", "knee", "score"])
def test_ctrl_c_before_anything_is_sent_is_heard(command: str, tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    begun = tmp_path / "begun"
    start = f'[start]\ncommand = "touch {begun}; exec sleep 600"\nready_timeout = 300\n'
    file.write_text(TARGET.replace("192.0.2.7:8787", "127.0.0.1:9") + start, encoding="utf-8")
    words = [sys.executable, "-m", "parley", command, "--target-file", str(file), "--start"]
    run = Command([*words, "--run-dir", str(tmp_path / "run")])
    while not begun.exists():
        assert run.process.poll() is None, run.wait()
        time.sleep(0.05)
    run.interrupt()
    ended = run.wait(120)
    assert ended.code == 2 and "interrupted before" in ended.err.splitlines()[-1], ended.err
    assert not (tmp_path / "run").exists()


def test_nothing_is_left_of_a_load_whose_parley_was_killed(tmp_path: Path) -> None:
    """Neither Locust nor its workers, nor the folder with the tokens."""
    private = tmp_path / "private"
    private.mkdir()
    words = [sys.executable, "-m", "parley", "load", "--processes", "2", "--run-dir", str(tmp_path / "run")]

    def running() -> list[int]:
        """The processes that were told of the private folder."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"{private}/parley-load-".encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        return found

    with server("right", tmp_path) as target:
        process = subprocess.Popen(
            [*words, "--target-file", str(target)],
            env={**os.environ, "TMPDIR": str(private)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        try:
            until(lambda: len(running()) == 3)  # the master and two workers
        finally:
            process.kill()
            process.wait()
        try:
            until(lambda: not running() and not list(private.iterdir()))
        finally:
            for pid in running():
                os.kill(pid, signal.SIGKILL)


def test_ctrl_c_ends_a_search_with_what_was_found(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with server("right", tmp_path) as target:
        words = [sys.executable, "-m", "parley", "knee", "--target-file", str(target)]
        run = Command([*words, "--run-dir", str(folder)])
        while not (folder / "locust.log").exists():
            assert run.process.poll() is None, run.wait()
            time.sleep(0.05)
        run.interrupt()
        ended = run.wait(120)
    assert ended.code == 2, ended.out + ended.err
    assert runlog.read(folder).footer["stopped"] == "interrupted"
    assert (folder / "index.html").exists()


@pytest.mark.parametrize("command", ["load", "knee"])
def test_a_target_that_is_down_is_said_and_not_loaded(command: str, tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(TARGET.replace("192.0.2.7:8787", "127.0.0.1:9"), encoding="utf-8")
    run = load(file, tmp_path / "run", command=command)
    assert run.code == 2
    assert "127.0.0.1:9" in run.err and run.err.count("\n") == 1
    assert not (tmp_path / "run" / "locust.log").exists()


def test_a_list_of_too_few_tokens_says_how_many_it_takes(tmp_path: Path) -> None:
    with server("right", tmp_path) as target:
        before, _, after = target.read_text(encoding="utf-8").partition(f'[tokens]\nsecret = "{SECRET}"\n')
        listed = "".join(f'[[tokens.list]]\ntoken = "t{n}"\nuser = "u{n}"\n' for n in range(3))
        target.write_text(before + listed + after, encoding="utf-8")
        run = load(target, tmp_path / "run")
    assert run.code == 2
    assert "smoke takes 118 people at once, and tokens.list of the target file has 3" in run.err


def test_a_knee_is_found_where_the_server_has_one(tmp_path: Path) -> None:
    """A server of one narrow core, steps of seconds: what breaks is named, what holds is below it."""
    profile = tmp_path / "step.toml"
    text = (profiles.FOLDER / "knee.toml").read_text(encoding="utf-8")
    text = text.replace("seconds = 4", "seconds = 1").replace("seconds = 8", "seconds = 3")
    text = text.replace("broadcaster = 20", "broadcaster = 40").replace("viewer = 40", "viewer = 80")
    profile.write_text(text, encoding="utf-8")
    with server("narrow", tmp_path) as target:
        run = load(
            target, tmp_path / "run", "--profile", str(profile), "--most-users", "1040", command="knee"
        )
    [knee] = runlog.read(run.folder).knees
    assert knee["broken"] is not None, run.out + run.err
    assert knee["broken"]["broke"]
    if knee["held"] is not None:
        assert knee["held"]["users"] < knee["broken"]["users"]
        assert run.code == 0 and f"{knee['held']['users']} users" in run.out
