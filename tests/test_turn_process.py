"""coturn as a process of ours: it answers, asks for credentials, counts, dies and comes back."""

from __future__ import annotations

import asyncio
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from turn_kit import alive, needs_coturn, talk, until

from e2e.options import TurnOptions
from e2e.turn import TurnError, TurnUnavailable, choose, probe
from e2e.turn.process import TurnProcess
from e2e.turn.server import credentials
from e2e.turn.urls import Offered, offered
from protocol.spec import load

pytestmark = needs_coturn


@pytest.fixture(scope="module")
def server() -> Iterator[TurnProcess]:
    with TurnProcess(600) as started:
        yield started


def folder_of(server: TurnProcess) -> Path:
    assert server.pid is not None
    words = Path(f"/proc/{server.pid}/cmdline").read_bytes().split(b"\0")
    return Path(words[2].decode()).parent


def test_it_allocates_over_udp_and_tcp(server: TurnProcess) -> None:
    offers = offered(server.ice_servers("alice"))
    assert [offer.url.transport for offer in offers] == ["udp", "tcp"]
    for offer in offers:
        outcome = probe.ask(offer)
        assert (str(outcome), outcome.realm) == ("accepted", server.realm)
        assert outcome.relayed.startswith("127.0.0.1:")


def test_one_transport_can_be_asked_for(server: TurnProcess) -> None:
    assert [offer.url.transport for offer in offered(server.ice_servers("alice", "tcp"))] == ["tcp"]


def test_wrong_and_expired_credentials_are_refused(server: TurnProcess) -> None:
    assert server.secret is not None
    offer = offered(server.ice_servers("alice"))[0]
    wrong = Offered(offer.url, offer.username, "A" * 27 + "=")
    expired = Offered(offer.url, *credentials(server.secret, "alice", -60))
    someone_else = Offered(offer.url, offer.username.replace("alice", "bob"), offer.credential)
    assert [str(probe.ask(one)) for one in (wrong, expired, someone_else)] == ["refused with 401"] * 3


def test_no_secret_stands_in_a_command_line_or_an_open_file(server: TurnProcess) -> None:
    assert server.secret is not None
    assert server.secret.encode() not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
    folder = folder_of(server)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "turnserver.conf").stat().st_mode) == 0o600


def test_it_counts_what_was_relayed(server: TurnProcess) -> None:
    before = {session.id for session in server.sessions()}
    asyncio.run(talk(server, (1000, 400)))

    def both_ended() -> bool:
        return sum(one.ended for one in server.sessions() if one.id not in before) == 2

    until(both_ended, "the end of both sessions in the log")
    found = {one.user: one for one in server.sessions() if one.id not in before}
    alice, bob = found["alice"], found["bob"]
    assert alice.peer_sent_bytes >= 1000 and bob.peer_received_bytes >= 1000
    assert alice.peer_received_bytes >= 400 and bob.peer_sent_bytes >= 400
    # The client's side has the same bytes and, around them, those of STUN.
    assert alice.received_bytes > alice.peer_sent_bytes and bob.sent_bytes > bob.peer_received_bytes


def test_living_sessions_are_seen_with_their_transport(server: TurnProcess) -> None:
    async def look() -> None:
        from aioice import turn
        from turn_kit import Ear

        offer = offered(server.ice_servers("carol", "tcp"))[0]
        address = (offer.url.host, offer.url.port)
        line, _ = await turn.create_turn_endpoint(
            Ear, address, offer.username, offer.credential, transport="tcp"
        )
        found = [one for one in server.sessions() if one.user == "carol"]
        assert [(one.transport, one.ended, one.username) for one in found] == [("tcp", False, offer.username)]
        line.close()
        await asyncio.sleep(0.1)

    asyncio.run(look())


def test_killed_it_comes_back_at_its_port_with_its_secret_and_its_history() -> None:
    with TurnProcess(600) as server:
        offer = offered(server.ice_servers("alice"))[0]
        assert probe.ask(offer).kind == "accepted"
        until(server.sessions, "the session in the log")
        first, urls = server.pid, server.urls
        server.kill()
        assert first is not None and not alive(first)
        assert probe.ask(offer, 0.5).kind == "silent"
        server.restart()
        assert server.pid != first and server.urls == urls
        assert probe.ask(offer).kind == "accepted"
        until(lambda: len([one for one in server.sessions() if one.user == "alice"]) == 2, "both sessions")
        server.restart()  # of one that runs
        assert probe.ask(offer).kind == "accepted"


def test_two_at_once_do_not_meet() -> None:
    with TurnProcess(600) as one, TurnProcess(600) as other:
        assert set(one.urls).isdisjoint(other.urls)
        offer = offered(one.ice_servers("alice"))[0]
        theirs = offered(other.ice_servers("alice"))[0]
        assert probe.ask(offer).kind == "accepted"
        assert str(probe.ask(Offered(theirs.url, offer.username, offer.credential))) == "refused with 401"


def test_stopped_it_leaves_nothing_and_keeps_its_counters() -> None:
    server = TurnProcess(600).start()
    folder, pid = folder_of(server), server.pid
    assert probe.ask(offered(server.ice_servers("alice"))[0]).kind == "accepted"
    until(server.sessions, "the session in the log")
    server.stop()
    assert pid is not None and not alive(pid) and not folder.exists()
    assert [(one.user, one.ended) for one in server.sessions()] == [("alice", True)]
    server.stop()
    with pytest.raises(TurnUnavailable, match="start another"):
        server.restart()


def test_what_does_not_start_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    broken = tmp_path / "turnserver"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(TurnUnavailable, match=r"turnserver did not start at turn:127\.0\.0\.1"):
        TurnProcess(600, executable=str(broken)).start()
    assert list(tmp_path.glob("parley-turn-*")) == []


def test_without_coturn_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    for kind in ("process", "auto"):
        with pytest.raises(TurnUnavailable, match="apt-get install coturn"):
            choose(TurnOptions(kind))
    with pytest.raises(TurnUnavailable, match="expected auto, container"):
        choose(TurnOptions("docker"))


def test_auto_is_a_process_where_no_engine_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert choose(TurnOptions("auto")).kind == "process"
    with pytest.raises(TurnUnavailable, match="no Docker engine answers"):
        choose(TurnOptions("container"))


def test_port_and_secret_can_be_given() -> None:
    with TurnProcess(600) as server:
        port = int(server.urls[0].split(":")[2].split("?")[0])
    options = TurnOptions("process", port=port, secret_env="SHARED")
    with pytest.raises(TurnUnavailable, match="the environment variable SHARED is not set"):
        choose(options, environ={})
    with choose(options, environ={"SHARED": "a-shared-secret"}) as server:
        assert server.urls[0] == f"turn:127.0.0.1:{port}?transport=udp"
        offer = offered(server.ice_servers("alice"))[0]
        told = Offered(offer.url, *credentials("a-shared-secret", "alice", 600))
        assert probe.ask(told).kind == "accepted"
    with pytest.raises(TurnUnavailable, match="white space"):
        choose(options, environ={"SHARED": "one\ntwo"})


def test_a_port_that_is_taken_is_told() -> None:
    with TurnProcess(600) as server:
        port = int(server.urls[0].split(":")[2].split("?")[0])
        with pytest.raises(TurnUnavailable, match="is not free"):
            TurnProcess(600, port=port).start()
        assert probe.ask(offered(server.ice_servers("alice"))[0]).kind == "accepted"


def test_the_credentials_live_as_long_as_the_spec_allows() -> None:
    most = load().timings["turn_credential_max"]
    before = time.time()
    username = choose(TurnOptions("process")).ice_servers("alice")[0]["username"]
    assert int(username.split(":")[0]) == pytest.approx(before + most, abs=30)


def test_a_dead_command_line_interface_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with TurnProcess(600) as server:
        monkeypatch.setattr(server, "_cli_password", "wrong")
        monkeypatch.setattr("e2e.turn.counters.CLI_S", 0.5)
        with pytest.raises(TurnError, match="command line interface does not answer"):
            server.sessions()
