"""The network lab: what reaches what, how links are made bad, and that nothing is left of it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_kit import LONG_S, came_back, pings
from turn_kit import alive, needs_coturn, until

from e2e.lab import PUBLIC_IP, Conditions, Lab, LabUnavailable, namespaces, why_not
from e2e.lab.lab import netem_words
from e2e.lab.wire import BACKLOG_S, Wire
from e2e.options import TurnOptions
from e2e.turn import TurnUnavailable, choose, probe
from e2e.turn.process import TurnProcess
from e2e.turn.urls import offered

needs_lab = pytest.mark.skipif(bool(why_not()), reason=why_not())
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def shared() -> Iterator[Lab]:
    try:
        made = Lab(seed=5).start()
    except LabUnavailable as error:  # root, and yet not allowed to: in a container, say
        pytest.skip(str(error))
    yield made
    made.stop()


@pytest.fixture
def lab(shared: Lab) -> Iterator[Lab]:
    """A lab whose links are sound again after the test."""
    yield shared
    for link in shared.links.values():
        link.clear()


@needs_lab
def test_no_address_comes_late(lab: Lab) -> None:
    for name in lab.names.values():
        assert namespaces.run("ip", "-n", name, "-6", "addr") == ""


# -- what reaches what


@needs_lab
def test_both_sides_reach_the_public_side(lab: Lab) -> None:
    for side in ("a", "b"):
        assert len(pings(lab, side, 5, LONG_S)) == 5


@needs_lab
def test_no_side_reaches_the_other_nor_a_relay_directly(lab: Lab) -> None:
    places = {"b": "198.18.2.2", "natB": "198.18.0.12", "inet": "198.18.0.2"}
    for place, ip in places.items():
        with (
            lab.sockets(place)(socket.AF_INET, socket.SOCK_DGRAM) as server,
            lab.sockets("a")(socket.AF_INET, socket.SOCK_DGRAM) as client,
        ):
            server.bind((ip, 0))
            server.settimeout(0.3)
            client.sendto(b"hello", server.getsockname())
            with pytest.raises(TimeoutError):
                server.recv(100)


@needs_lab
def test_a_nat_maps_each_destination_to_another_port(lab: Lab) -> None:
    """Symmetric: what one server sees of a socket is of no use to another."""
    with lab.sockets("a")(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("198.18.1.2", 0))
        seen = []
        for _ in range(4):
            with lab.sockets()(socket.AF_INET, socket.SOCK_DGRAM) as server:
                server.bind((PUBLIC_IP, 0))
                server.settimeout(LONG_S)
                client.sendto(b"hello", server.getsockname())
                seen.append(server.recvfrom(100)[1])
    assert {address for address, _ in seen} == {"198.18.0.11"}
    assert len({port for _, port in seen}) == len(seen)


@needs_lab
def test_a_server_on_our_loopback_is_reached_by_a_forwarded_port(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = lab.forward(server.getsockname()[1])

        def serve() -> None:
            line, _ = server.accept()
            with line:
                line.sendall(line.recv(100).upper() * 10_000)

        thread = threading.Thread(target=serve)
        thread.start()
        with lab.sockets("b")(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.settimeout(LONG_S)
            client.connect((PUBLIC_IP, port))
            client.sendall(b"hello")
            found = b""
            while piece := client.recv(65536):
                found += piece
        thread.join()
    assert found == b"HELLO" * 10_000


@needs_lab
def test_a_server_of_ours_listens_in_public(lab: Lab) -> None:
    with lab.serve_socket() as server, lab.sockets("a")(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(LONG_S)
        client.connect(server.getsockname())
        assert server.getsockname()[0] == PUBLIC_IP


@needs_lab
def test_a_wrapper_is_the_executable_at_a_side(lab: Lab) -> None:
    script = lab.wrapper("a", str(shutil.which("ip")))
    told = subprocess.run([script, "-o", "addr", "show"], capture_output=True, text=True, check=True).stdout
    assert "198.18.1.2/24" in told and "198.18.0.1" not in told


AGENT = """
import asyncio, json, sys
from aioice import Candidate, Connection

async def main():
    server, username, password, leads = json.loads(sys.argv[1])
    agent = Connection(
        ice_controlling=leads, turn_server=tuple(server), turn_username=username, turn_password=password
    )
    await agent.gather_candidates()
    lines = [candidate.to_sdp() for candidate in agent.local_candidates]
    print(json.dumps([agent.local_username, agent.local_password, lines]), flush=True)
    told = json.loads(await asyncio.to_thread(sys.stdin.readline))
    agent.remote_username, agent.remote_password, lines = told
    for line in lines:
        await agent.add_remote_candidate(Candidate.from_sdp(line))
    await agent.add_remote_candidate(None)
    await agent.connect()
    if leads:
        await agent.send(b"hello")
    heard = await asyncio.wait_for(agent.recv(), 90)
    if not leads:
        await agent.send(heard + b" yourself")
    print(json.dumps(heard.decode()), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await agent.close()

asyncio.run(main())
"""


@needs_lab
@needs_coturn
def test_two_agents_with_all_their_candidates_meet_only_through_the_relays(lab: Lab) -> None:
    """Without a TURN server they do not meet: the address of each is of no use to the other."""
    with TurnProcess(600, lab.network()) as server:
        agents = []
        for side in ("a", "b"):
            offer = offered(server.ice_servers(side, "udp"))[0]
            told = [[offer.url.host, offer.url.port], offer.username, offer.credential, side == "a"]
            agents.append(
                subprocess.Popen(
                    lab.command_in(side, [sys.executable, "-c", AGENT, json.dumps(told)]),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=ROOT,
                )
            )
        try:
            said = [agent.stdout.readline() for agent in agents]
            kinds = [sorted(line.split()[7] for line in json.loads(one)[2]) for one in said]
            assert kinds == [["host", "relay"]] * 2
            for agent, other in zip(agents, reversed(said), strict=True):
                agent.stdin.write(other)
                agent.stdin.flush()
            assert [json.loads(agent.stdout.readline()) for agent in agents] == ["hello yourself", "hello"]
        finally:
            for agent in agents:
                agent.communicate("\n", timeout=90)
        ended = until(
            lambda: [one for one in server.sessions() if one.ended and one.relayed_bytes], "counted sessions"
        )
        # "hello" and its answer passed both relays or, where one side's relay was enough, this one.
        assert sum(one.relayed_bytes for one in ended) >= len("hello") + len("hello yourself")


@needs_lab
@needs_coturn
def test_the_turn_server_of_the_lab_is_a_process(lab: Lab) -> None:
    assert isinstance(choose(TurnOptions("auto"), network=lab.network()), TurnProcess)
    with pytest.raises(TurnUnavailable, match="only a process"):
        choose(TurnOptions("container"), network=lab.network())
    with choose(TurnOptions("process"), network=lab.network()) as server:
        for side in ("a", "b"):
            for offer in offered(server.ice_servers(side)):
                outcome = probe.ask(offer, sockets=lab.sockets(side))
                assert (str(outcome), outcome.relayed.split(":")[0]) == ("accepted", "198.18.0.2")
        until(lambda: len(server.sessions()) == 4, "the four sessions")
        server.restart()
        assert probe.ask(offer, sockets=lab.sockets("b")).kind == "accepted"


# -- bad links


@needs_lab
def test_loss_drops_about_so_many_and_only_on_its_side(lab: Lab) -> None:
    lab.links["a"].loss(50)
    assert 40 <= came_back(lab, "a", 400) <= 160  # a quarter gets through both ways; 100 is meant
    assert len(pings(lab, "b", 50, LONG_S)) == 50


@needs_lab
def test_delay_is_added_each_way(lab: Lab) -> None:
    lab.links["a"].delay(60, 10)
    found = pings(lab, "a", 20, LONG_S)
    assert len(found) == 20 and min(found) >= 2 * (0.060 - 0.010)
    lab.links["a"].delay(0)
    # A machine that is busy may take as long by itself, though not each time.
    until(lambda: min(pings(lab, "a", 20, LONG_S)) < 0.060, "a round trip without the delay")


@needs_lab
def test_a_thin_link_takes_its_time(lab: Lab) -> None:
    size, mbit = 250_000, 2.0
    lab.links["b"].rate(mbit)
    with lab.serve_socket() as server, lab.sockets("b")(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(LONG_S)
        client.connect(server.getsockname())
        line, _ = server.accept()
        with line:
            line.settimeout(LONG_S)
            started = time.monotonic()
            sending = threading.Thread(target=client.sendall, args=(bytes(size),))
            sending.start()
            came = 0
            while came < size and (piece := line.recv(65536)):
                came += len(piece)
            sending.join()
    assert came == size
    assert time.monotonic() - started >= size * 8 / (mbit * 1e6) * 0.9


@needs_lab
def test_a_cut_link_carries_nothing_until_it_is_mended(lab: Lab) -> None:
    link = lab.links["a"]
    link.delay(5)
    link.cut()
    assert pings(lab, "a", 5, 0.5) == []
    link.mend()
    assert link.now == Conditions(delay=5)
    assert len(pings(lab, "a", 5, LONG_S)) == 5


def test_what_netem_is_told() -> None:
    plain = ["qdisc", "replace", "dev", "net", "root", "netem", "limit", "1000"]
    assert netem_words("net", Conditions(5, 40, 8, 2)) == [
        *plain, "loss", "5%", "delay", "40ms", "8ms", "rate", "2mbit",
    ]  # fmt: skip
    assert netem_words("in", Conditions(cut=True))[-5:] == ["loss", "100%", "delay", "0ms", "0ms"]


def test_a_wire_keeps_the_order_and_drops_what_is_too_much() -> None:
    wire = Wire((3, 4), random.Random(1), delay_s=0.05, jitter_s=0.04)
    arrivals = [wire.due(3, 100, now / 1000) for now in range(200)]
    assert arrivals == sorted(arrivals) and len(set(arrivals)) > 10
    assert all(due - now / 1000 >= 0.01 for now, due in enumerate(arrivals))
    thin = Wire((3, 4), random.Random(1), rate=8_000)  # 1,000 bytes a second
    assert [thin.due(3, 100, 0.0), thin.due(3, 100, 0.0), thin.due(4, 100, 0.0)] == [0.1, 0.2, 0.1]
    assert thin.due(3, 100, 0.0) == pytest.approx(BACKLOG_S + 0.1)
    assert thin.due(3, 100, 0.0) is None
    assert Wire((3, 4), random.Random(1), loss=1.0).due(3, 1, 0.0) is None
    assert (wire.other(3), wire.other(4)) == (4, 3)


# -- its life


@needs_lab
def test_two_labs_do_not_meet_and_leave_nothing(shared: Lab) -> None:
    with Lab() as one, Lab() as other:
        assert set(one.names.values()).isdisjoint(other.names.values())
        assert len(pings(one, "a", 3, LONG_S)) == len(pings(other, "a", 3, LONG_S)) == 3
        names = {*one.names.values(), *other.names.values()}
        one.stop()
        assert len(pings(other, "a", 3, LONG_S)) == 3
    one.stop()
    assert names.isdisjoint(os.listdir(namespaces.FOLDER))


def test_without_root_it_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabUnavailable, match="--network lab: network namespaces need root"):
        Lab().start()


def test_without_its_tools_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LabUnavailable, match="not installed: iproute2, nftables"):
        Lab().start()


@needs_lab
@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM", "SIGKILL", "failure", "forgotten"])
def test_nothing_is_left_after(ending: str, shared: Lab, tmp_path: Path) -> None:
    program = f"""
import json, subprocess, time
from e2e.lab import Lab
lab = Lab().start()
asleep = subprocess.Popen(lab.command_in("a", ["sleep", "120"]))
print(json.dumps([list(lab.names.values()), asleep.pid]), flush=True)
if {ending!r} == "forgotten":
    raise SystemExit(0)
try:
    if {ending!r} == "failure":
        raise RuntimeError("a check failed")
    time.sleep(120)
finally:
    lab.stop()
"""
    harness = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        assert harness.stdout is not None
        names, asleep = json.loads(harness.stdout.readline())
        assert set(names) <= set(os.listdir(namespaces.FOLDER))
        if ending.startswith("SIG"):
            harness.send_signal(signal.Signals[ending])
        harness.wait(90)
    finally:
        harness.kill()
        harness.wait()
    until(lambda: set(names).isdisjoint(os.listdir(namespaces.FOLDER)), "the end of the namespaces")
    until(lambda: not list(tmp_path.iterdir()), "the end of its folder")
    until(lambda: not alive(asleep), "the end of what ran in it")
