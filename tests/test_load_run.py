"""Locust with our locustfile, as a process, against the reference server and servers that are wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from report_kit import SPEC
from score_kit import free_port
from server_kit import CONFIG, SECRET, toml

from load.profiles import find
from protocol.target import SECRET_VARIABLE

LOAD = Path(__file__).parent.parent / "load"
LISTENING = Path(__file__).parent / "load_listening.py"
UNEXPLAINED_S = 0.05
START_S = 120.0
PATIENCE_S = 120.0
ALL = {
    *("createRoom", "joinRoom", "leaveRoom", "heartbeat", "listRooms", "health"),
    *("sendOffer", "getOffer", "sendAnswer", "getAnswer", "sendCandidate", "getCandidates", "getIceServers"),
    *("createPartyRoom", "listPartyRooms", "inviteToPartyRoom"),
}
BUSY = """
title = "All that users do, within seconds"
[users]
broadcaster = 12
viewer = 30
lurker = 3
party = 3
[pace]
room = [2, 4]
stay = [0.3, 1]
think = [0, 0.3]
look = 0.4
poll = 0.2
heartbeat = 1
[[phases]]
seconds = {seconds}
[objectives]
"""
SILENT = """
title = "Nobody answers"
[users]
broadcaster = 2
viewer = 12
[pace]
offers = false
in_step = true
poll = 0.5
look = 0.5
heartbeat = 0.5
think = [0, 0]
[[phases]]
seconds = {seconds}
[objectives]
"""
# A run of so many seconds and, where a busy machine let too little be done in it, longer ones.
LENGTHS_S = (6, 20, 60)
Record = dict[str, Any]


@contextmanager
def server(folder: Path, mutant: str = "") -> Iterator[str]:
    file = folder / "server.toml"
    file.write_text(toml(CONFIG), encoding="utf-8")
    words = [sys.executable, "-m", "reference_server", "--port", "0", "--config", str(file)]
    words += ["--mutant", mutant] if mutant else []
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        url = ""
        for line in process.stdout:
            said = json.loads(line)
            if said["event"] == "listening":
                url = said["url"]
                break
        assert url, "the server did not start"
        yield url
    finally:
        process.terminate()
        process.stdout.close()
        process.wait(START_S)


def locust(*words: str, file: Path = LOAD, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "locust", "-f", str(file), "--headless", "--only-summary", *words]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env={**os.environ, SECRET_VARIABLE: SECRET, **env},
    )


def loaded(
    base: Path, profile: str, shows: Callable[[Record], object], *, mutant: str = "", target: str = ""
) -> Record:
    """The load record of the first run with this profile that shows it, or of the last. `target`: the text
    of a target file.
    """
    for seconds in LENGTHS_S:
        folder = base / f"{seconds}s"
        folder.mkdir()
        file, measures = folder / "p.toml", folder / "measures.json"
        file.write_text(profile.format(seconds=seconds), encoding="utf-8")
        with server(folder, mutant) as url:
            whom = ["--host", url]
            if target:
                (folder / "target.toml").write_text(f'base_url = "{url}"\n{target}', encoding="utf-8")
                whom = ["--target-file", str(folder / "target.toml")]
            how = ("--load-profile", str(file), "--measures", str(measures), "--seed", "5")
            ended = locust(*whom, *how)
        assert measures.exists(), ended.stderr
        assert "Traceback" not in ended.stderr
        record: Record = json.loads(measures.read_text(encoding="utf-8"))
        if shows(record):
            break
    return record


def named(record: Record) -> set[str]:
    """The requirements that were seen to be broken."""
    return {fault["requirement"] for fault in record["faults"]}


def test_the_reference_server_is_without_fault_and_everything_is_done(tmp_path: Path) -> None:
    record = loaded(tmp_path, BUSY, lambda record: record["faults"] or set(record["operations"]) == ALL)
    assert record["faults"] == []
    assert record["totals"]["errors"] == 0
    assert set(record["operations"]) == ALL


def test_what_is_late_is_so_by_the_generator_or_by_an_answer(tmp_path: Path) -> None:
    """And not by a role: with hearts that beat often, so that they have to meanwhile."""
    profile = BUSY.replace("heartbeat = 1", "heartbeat = 0.4").replace("look = 0.4", "look = 1.5")
    profile = profile.replace("[2, 4]", "[8, 10]")
    (tmp_path / "p.toml").write_text(profile.format(seconds=12), encoding="utf-8")
    late = tmp_path / "late.json"
    with server(tmp_path) as url:
        how = ("--host", url, "--load-profile", str(tmp_path / "p.toml"), "--seed", "5")
        ended = locust(*how, file=LISTENING, PARLEY_TEST_LATE=str(late), PYTHONPATH=str(LOAD.parent))
    assert late.exists(), ended.stderr
    found = json.loads(late.read_text(encoding="utf-8"))
    assert {"heartbeat", "listRooms", "getOffer", "leaveRoom"} <= found.keys()
    for operation, seconds in found.items():
        unexplained = [each for each in seconds if each > UNEXPLAINED_S]
        assert len(unexplained) <= 0.02 * len(seconds) + 1, (operation, len(seconds), sorted(unexplained))


def test_what_is_under_way_at_the_end_is_counted(tmp_path: Path) -> None:
    """A target that takes connections and answers nothing: its users wait when the run stops."""
    profile, measures = tmp_path / "p.toml", tmp_path / "measures.json"
    text = BUSY.replace("[2, 4]", "[60, 60]").format(seconds=3)
    profile.write_text(text, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        ended = locust("--host", url, "--load-profile", str(profile), "--measures", str(measures))
    assert "Traceback" not in ended.stderr
    record: Record = json.loads(measures.read_text(encoding="utf-8"))
    # Each broadcaster, lurker and party waits for its first answer; so do viewers for the listing.
    assert record["operations"]["createRoom"]["requests"] >= 12
    assert record["totals"]["requests"] >= 12 + 3
    assert record["totals"]["errors"] == 0 and record["faults"] == []  # none has waited for 10 s
    for kind in ("reads", "writes"):
        assert record[kind]["corrected_ms"]["p95"] > 1000


def test_nobody_answers_and_all_poll_in_step(tmp_path: Path) -> None:
    def polls(record: Record) -> int:
        return int(record["operations"].get("getOffer", {}).get("requests", 0))

    enough = 12 * 3  # all twelve of them, not only whoever comes first
    record = loaded(tmp_path, SILENT, lambda record: record["faults"] or polls(record) >= enough)
    assert record["faults"] == []
    assert polls(record) >= enough
    assert "sendOffer" not in record["operations"]


# Mutants of the reference server, and the requirement that has to be named. More may be: what goes wrong once
# goes wrong elsewhere too.
MUTANTS = {
    "offer-survives-reading": "MBOX-2",
    "answer-survives-reading": "MBOX-3",
    "leaving-is-not-counted": "ROOM-7",
    "join-answers-the-old-count": "ROOM-5",
    "an-empty-room-lives-on": "ROOM-8",
    "offer-newlines-are-normalised": "MBOX-1",
    "one-party-room-too-few": "RATE-2",
    "party-is-not-said-to-be-one": "PARTY-1",
    "rooms-made-at-once-are-lost": "CONC-3",
    "mail-is-from-the-reader": "MBOX-1",
}


def caught(folder: Path, mutant: str) -> Record:
    return loaded(folder, BUSY, lambda record: MUTANTS[mutant] in named(record), mutant=mutant)


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, Future[Record]]]:
    """The runs against the mutants that are asked for, a few at a time: they wait for the most part."""
    asked = [
        item.callspec.params["mutant"]
        for item in request.session.items
        if getattr(item, "module", None) is request.module and "mutant" in getattr(item, "fixturenames", ())
    ]
    pool = ThreadPoolExecutor(3)
    yield {name: pool.submit(caught, tmp_path_factory.mktemp("load"), name) for name in asked}
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_server_is_caught_by_name(mutant: str, runs: dict[str, Future[Record]]) -> None:
    assert MUTANTS[mutant] in named(runs[mutant].result())


def test_core_alone_will_do(tmp_path: Path) -> None:
    core = set(SPEC.profiles["core"].operations)
    target = f'profiles = ["core"]\n[tokens]\nsecret_env = "{SECRET_VARIABLE}"\n'
    record = loaded(
        tmp_path, BUSY, lambda record: record["faults"] or set(record["operations"]) == core, target=target
    )
    assert record["faults"] == []
    assert set(record["operations"]) == core


def test_tags_and_classes_work_as_locust_users_know_them(tmp_path: Path) -> None:
    with server(tmp_path) as url:
        few = ("--host", url, "-u", "3", "-r", "10", "-t", "3s", "--json")
        tagged = locust(*few, "--tags", "lurker")
        classes = locust(*few, "Broadcaster")
    assert tagged.returncode == classes.returncode == 0
    assert {entry["name"] for entry in json.loads(tagged.stdout)} <= {"listRooms", "health"}
    names = {entry["name"] for entry in json.loads(classes.stdout)}
    assert "createRoom" in names and "joinRoom" not in names


WRONG = {
    "no target": ((), "there is no target"),
    "no such profile": (("--host", "URL", "--load-profile", "smokey"), "did you mean smoke?"),
    "too many users": (("--host", "URL", "--load-profile", "smoke", "--scale", "9999"), "at most 20000"),
    "too many by -u": (("--host", "URL", "-u", "20001"), "at most 20000"),
    "too long": (("--host", "URL", "--load-profile", "smoke", "--for", "99999"), "no run is longer than"),
    "no scale": (("--host", "URL", "--load-profile", "smoke", "--scale", "0"), "expected a number above 0"),
    "elsewhere": (("--host", "http://192.0.2.1"), "is not this machine"),
    "no such file": (("--target-file", "nowhere.toml"), "no such file"),
    "no such tag": (("--host", "URL", "--tags", "nothing"), "leave no user"),
}


@pytest.mark.parametrize("how", WRONG)
def test_wrong_input_is_one_line(how: str) -> None:
    words, said = WRONG[how]
    ended = locust(
        *(word.replace("URL", "http://127.0.0.1:1") for word in words), "--loglevel", "ERROR", "-t", "1s"
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("parley load: ") and said in line
    assert ended.stdout.strip() == ""


def test_a_secret_that_is_missing_is_one_line() -> None:
    ended = locust("--host", "http://127.0.0.1:1", "--loglevel", "ERROR", **{SECRET_VARIABLE: ""})
    assert ended.returncode == 2
    assert SECRET_VARIABLE in ended.stderr and len(ended.stderr.strip().splitlines()) == 1


def test_ctrl_c_ends_it_at_once_with_a_record_and_empty_rooms(tmp_path: Path) -> None:
    measures, file = tmp_path / "measures.json", tmp_path / "p.toml"
    profile = BUSY.format(seconds=600).replace("room = [2, 4]", "room = [500, 600]")
    file.write_text(profile, encoding="utf-8")
    with server(tmp_path) as url:
        command = [
            sys.executable,
            "-m",
            "locust",
            "-f",
            str(LOAD / "locustfile.py"),
            "--headless",
            "--host",
            url,
        ]
        command += ["--load-profile", str(file), "--measures", str(measures), "--only-summary"]
        process = subprocess.Popen(
            command,
            env={**os.environ, SECRET_VARIABLE: SECRET},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            live, limit = measures.with_suffix(".live"), time.monotonic() + START_S
            while not (live.exists() and live.read_text().count("\n") > 2):
                assert time.monotonic() < limit, "it measured nothing"
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            process.wait(START_S)
        finally:
            process.kill()
            process.wait()
    record = json.loads(measures.read_text(encoding="utf-8"))
    assert record["stopped"]
    assert record["totals"]["errors"] == 0
    left = record["operations"]["leaveRoom"]["requests"]
    entered = sum(record["operations"][name]["requests"] for name in ("createRoom", "joinRoom"))
    assert left >= entered * 0.5


@pytest.mark.parametrize("name", ["smoke", "churn"])
def test_profiles_that_come_with_parley_are_found(name: str) -> None:
    assert find(name, SPEC).most_users


def test_two_workers_share_the_tokens_of_a_list(tmp_path: Path) -> None:
    from protocol import tokens

    port, measures, file = str(free_port()), tmp_path / "measures.json", tmp_path / "p.toml"
    file.write_text(BUSY.format(seconds=4), encoding="utf-8")
    signer = tokens.SecretSigner(SECRET.encode())
    with server(tmp_path) as url:
        text = f'base_url = "{url}"\n'
        for number in range(160):
            text += f'[[tokens.list]]\ntoken = "{signer.sign(tokens.claims(SPEC, f"user_{number}"))}"\n'
        target = tmp_path / "target.toml"
        target.write_text(text, encoding="utf-8")
        ended = locust(
            *("--target-file", str(target), "--load-profile", str(file), "--measures", str(measures)),
            *("--processes", "2", "--master-bind-host", "127.0.0.1", "--master-bind-port", port),
            *("--master-port", port),
        )
    assert measures.exists(), ended.stderr
    record = json.loads(measures.read_text(encoding="utf-8"))
    assert record["generator"]["processes"] == 2
    assert record["faults"] == []  # two workers with the same people would spend each other's budgets
    assert record["totals"]["requests"] > 0


def test_the_web_ui_starts_nobody_for_a_host_that_is_refused(tmp_path: Path) -> None:
    port = free_port()
    words = [sys.executable, "-m", "locust", "-f", str(LOAD), "--web-host", "127.0.0.1"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*words, "--web-port", str(port)],
            env={**os.environ, SECRET_VARIABLE: SECRET},
            stdin=subprocess.PIPE,  # at its end Locust would open a browser
            stdout=log,
            stderr=log,
        )
    try:
        end = time.monotonic() + START_S
        form = b"host=http%3A%2F%2F192.0.2.7%3A8787&user_count=2&spawn_rate=2"
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/swarm", form, timeout=10) as answer:
                    said = json.load(answer)
                break
            except OSError:
                assert time.monotonic() < end and process.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats/requests", timeout=10) as answer:
            state = json.load(answer)["state"]
    finally:
        process.kill()
        process.communicate()
    assert said["success"] is False and "192.0.2.7 is not this machine" in said["message"]
    assert state == "ready"
