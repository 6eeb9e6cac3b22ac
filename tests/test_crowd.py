"""A crowd of peers for real: through a server and a TURN server, right and wrong ones, stopped and bereft."""

from __future__ import annotations

import asyncio
import copy
import gc
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import psutil
import pytest
from aiortc.exceptions import InvalidStateError
from server_kit import CONFIG, SECRET, SPEC, ServerProcess
from turn_kit import needs_coturn, until

import reports
from e2e.crowd import CrowdError, Order, Progress, run
from e2e.crowd.run import Crowd
from e2e.crowd.worker import unheard
from e2e.options import TurnOptions
from e2e.turn.process import TurnProcess
from reports import peers
from reports.verdicts import Verdict
from suite.guard import GuardError

SCHEMA = Path(reports.__file__).parent / "schemas" / "peers.schema.json"
VALID = jsonschema_rs.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
PROCESS = TurnOptions("process")
FEW = Order(rooms=3, turn=PROCESS, messages=3, every_s=0.3, processes=2)
IMPATIENT = Order(rooms=2, turn=PROCESS, messages=2, every_s=0.3, patience_s=15, per_second=1)


def complaints(record: dict[str, Any]) -> list[str]:
    return [f"{error.instance_path}: {error.message[:200]}" for error in VALID.iter_errors(record)]


def asked(record: dict[str, Any], rooms: int) -> dict[str, Any]:
    """The record of a run whose objective was so many rooms, on a machine that was idle."""
    found = copy.deepcopy(record)
    found["objectives"]["rooms"] = rooms
    found["generator"]["limit"] = found["peers"]["opening"]["limit"] = ""
    return found


@pytest.fixture(scope="module")
def few() -> dict[str, Any]:
    return asyncio.run(run(FEW, SPEC))


@needs_coturn
def test_every_room_is_carried_and_the_record_says_so(few: dict[str, Any]) -> None:
    assert complaints(few) == []
    assert few["faults"] == [] and few["stopped"] == "" and few["totals"]["errors"] == 0
    assert few["peers"]["rooms"] == {"asked": 3, "opened": 3, "carried": 3, "open_at_end": 3}
    messages = few["peers"]["messages"]
    assert (messages["sent"], messages["arrived"]) == (18, 18)
    assert messages["corrected_ms"]["max"] >= messages["ms"]["max"] > 0
    assert few["generator"]["processes"] == 2 and few["generator"]["cpu"] > 0


@needs_coturn
def test_everything_was_relayed_as_the_turn_server_counted(few: dict[str, Any]) -> None:
    relay = few["peers"]["relay"]
    assert relay["kind"] == "process" and relay["users"] == relay["relayed_users"] == 6
    assert relay["client_bytes"] > relay["relayed_bytes"] > 0


@needs_coturn
def test_the_parts_are_all_of_the_time_to_open(few: dict[str, Any]) -> None:
    opening = few["peers"]["opening"]
    assert all(spread["p50"] is not None for spread in opening["parts_ms"].values())
    longest = sum(spread["max"] for spread in opening["parts_ms"].values())
    shortest = sum(spread["p50"] for spread in opening["parts_ms"].values()) / len(opening["parts_ms"])
    assert shortest < opening["ms"]["p50"] <= opening["ms"]["max"] <= longest + 1


@needs_coturn
def test_what_is_decided_hangs_on_what_was_asked(few: dict[str, Any]) -> None:
    assert peers.verdict(asked(few, 3))["verdict"] == "pass"
    short = peers.carried(asked(few, 100))
    assert (short.verdict, short.cause) == (Verdict.NOT_RUN, "elsewhere")
    assert "3 rooms were opened, the objective is 100" in short.reason


@needs_coturn
def test_a_turn_server_that_refuses_is_named() -> None:
    """The server hands out credentials that the TURN server does not take."""
    order = Order(
        rooms=2, turn=PROCESS, messages=1, patience_s=10, per_second=0, mutant="turn-credentials-are-in-hex"
    )
    record = asyncio.run(run(order, SPEC))
    assert complaints(record) == []
    assert record["peers"]["rooms"]["opened"] == 0 and record["peers"]["messages"]["sent"] == 0
    [fault] = record["faults"]
    assert (fault["stage"], fault["count"]) == ("turn", 2)
    assert fault["fault"] == "the TURN server gave no relay for the credentials at hand"
    judged = peers.carried(asked(record, 2))
    assert judged.verdict is Verdict.INCONCLUSIVE and fault["fault"] in judged.reason


@needs_coturn
def test_a_server_that_mixes_answers_up_is_named(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server, mixing(server.url) as url:
        file = tmp_path / "target.toml"
        file.write_text(f'base_url = "{url}"\n[tokens]\nsecret = "{SECRET}"\n', encoding="utf-8")
        record = asyncio.run(run(Order(**{**vars(IMPATIENT), "target_file": file}), SPEC))
    assert complaints(record) == []
    assert record["peers"]["rooms"]["carried"] == 1
    first = record["faults"][0]
    assert (first["operation"], first["requirement"]) == ("getAnswer", "MBOX-8")
    assert first["fault"] == "another room's answer was read that nobody had posted in this room"
    judged = peers.carried(asked(record, 2))
    assert judged.verdict is Verdict.FAIL
    assert judged.reason.startswith("1 of 2 rooms had all their messages") and "MBOX-8" in judged.reason


@needs_coturn
def test_a_target_that_names_its_own_turn_server_is_asked_for_it(tmp_path: Path) -> None:
    """With --turn url and no URL; then nobody's counters are ours to read."""
    with TurnProcess(600) as turn:
        config = {**CONFIG, "turn": {"urls": list(turn.urls), "secret": turn.secret}}
        with ServerProcess(tmp_path, config) as server:
            file = tmp_path / "target.toml"
            file.write_text(f'base_url = "{server.url}"\n[tokens]\nsecret = "{SECRET}"\n', encoding="utf-8")
            order = Order(rooms=1, target_file=file, turn=TurnOptions("url"), messages=2, every_s=0.2)
            record = asyncio.run(run(order, SPEC))
        users = {session.user for session in turn.sessions() if session.peers or session.ended}
    assert complaints(record) == [] and record["faults"] == []
    assert record["peers"]["relay"] is None and len(users) == 2
    assert peers.carried(asked(record, 1)).verdict is Verdict.PASS


@contextmanager
def mixing(url: str) -> Iterator[str]:
    """A proxy that gives whoever reads an answer that of the first room, once there is one."""
    answers: list[str] = []
    post = SPEC.operation("sendAnswer").path
    get = SPEC.operation("getAnswer").path.partition("{")[0]

    class Mixing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.forward()

        do_POST = do_GET

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == post:
                answers.append(json.loads(body)["answer"])
            there = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
            there.request(self.command, self.path, body or None, dict(self.headers.items()))
            came = there.getresponse()
            raw = came.read()
            if self.path.startswith(get) and self.command == "GET" and came.status == 200:
                raw = json.dumps({**json.loads(raw), "answer": answers[0]}).encode()
            there.close()
            self.send_response(came.status)
            self.send_header("Content-Type", came.getheader("Content-Type", ""))
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mixing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def at(phase: str, act: Callable[[], None], after_s: float) -> Callable[[Progress], None]:
    """Acts once, so long after this phase has begun."""
    seen: list[str] = []

    def tell(progress: Progress) -> None:
        if progress.phase == phase and not seen:
            seen.append(phase)
            asyncio.get_running_loop().call_later(after_s, act)

    return tell


@needs_coturn
def test_a_process_of_ours_that_dies_is_told_and_judges_nobody() -> None:
    async def bereft() -> dict[str, Any]:
        crowd: Crowd

        def kill() -> None:
            pid = crowd._workers[1].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)

        # They speak for twelve seconds.
        crowd = Crowd(Order(rooms=3, turn=PROCESS, messages=12, processes=2), SPEC, at("speak", kill, 1.0))
        return await crowd.run()

    record = asyncio.run(bereft())
    assert complaints(record) == []
    [lost] = record["generator"]["lost"]
    assert (lost["worker"], lost["why"], lost["users"]) == (1, "its process died", 2)
    assert record["peers"]["rooms"]["carried"] == 2  # of the worker that lives
    judged = peers.carried(asked(record, 3))
    assert judged.verdict is Verdict.NOT_RUN and "a process of ours with 2 peers was lost" in judged.reason


@needs_coturn
def test_stopped_while_they_talk_it_tells_what_was_measured() -> None:
    async def stopped() -> dict[str, Any]:
        crowd: Crowd
        order = Order(rooms=2, turn=PROCESS, messages=500, every_s=0.2)
        # After a second those who are late may not have said anything.
        crowd = Crowd(order, SPEC, at("speak", lambda: crowd.stop("interrupted") and None, 4.0))
        return await crowd.run()

    record = asyncio.run(stopped())
    assert complaints(record) == []
    assert record["stopped"] == "interrupted" and record["peers"]["rooms"]["opened"] == 2
    assert 0 < record["peers"]["messages"]["sent"] < 500
    judged = peers.carried(asked(record, 2))
    assert (judged.verdict, judged.cause) == (Verdict.NOT_RUN, "stopped")


def _at_work(whole: psutil.Process) -> int:
    """How many of its worker processes have used a second of the processor. It has others, some short-lived:
    one that is asked about as it ends counts as none.
    """
    found = 0
    for one in whole.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            found += "spawn_main" in " ".join(one.cmdline()) and one.cpu_times().user > 1
    return found


@needs_coturn
def test_ctrl_c_ends_it_with_figures_and_leaves_no_process() -> None:
    words = ["--rooms", "200", "--turn", "process", "--per-second", "3", "--processes", "2"]
    started = subprocess.Popen(
        [sys.executable, "-m", "e2e.crowd", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        start_new_session=True,
    )
    try:
        whole = psutil.Process(started.pid)
        until(lambda: _at_work(whole) == 2, "two worker processes that have begun", within_s=120)
        children = whole.children(recursive=True)
        os.killpg(started.pid, signal.SIGINT)  # as a terminal does: to all of them
        out, err = started.communicate(timeout=120)
    finally:
        started.kill()
        started.wait()
    assert started.returncode == 1, err
    assert "of 200 opened" in out and "Traceback" not in err
    gone, left = psutil.wait_procs(children, timeout=60)
    assert left == [] and gone


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionError("Cannot send encrypted data, not connected"), False),
        (InvalidStateError("RTCIceTransport is closed"), False),
        (ValueError("a fault of ours"), True),
    ],
)
def test_a_connection_closed_while_it_is_made_shows_no_traceback(
    error: Exception, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def connect() -> None:
        raise error

    async def worker() -> None:
        asyncio.get_running_loop().set_exception_handler(unheard)
        await asyncio.wait([asyncio.ensure_future(connect())])
        gc.collect()

    asyncio.run(worker())
    assert ("Task exception was never retrieved" in caplog.text) is told


def test_it_goes_nowhere_else_unless_its_owner_says_so(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(f'base_url = "http://198.18.0.1:9"\n[tokens]\nsecret = "{SECRET}"\n', encoding="utf-8")
    wanted = Order(rooms=1, target_file=file, turn=TurnOptions("url"))
    with pytest.raises(GuardError, match=r"198\.18\.0\.1 is not this machine"):
        asyncio.run(run(wanted, SPEC))


def test_too_few_tokens_are_told_before_anything_begins(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        'base_url = "http://127.0.0.1:9"\n[tokens]\nlist = [{token = "a", user = "b"}]\n', encoding="utf-8"
    )
    with pytest.raises(CrowdError, match=r"2 rooms need 4 users; tokens\.list of the target file has 1"):
        asyncio.run(run(Order(rooms=2, target_file=file, turn=TurnOptions("url")), SPEC))


@pytest.mark.parametrize("wrong", [{"rooms": 0}, {"rooms": 401}, {"rooms": 1, "messages": 0}])
def test_an_order_that_cannot_be_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(CrowdError, match="expected"):
        Order(**wrong)
