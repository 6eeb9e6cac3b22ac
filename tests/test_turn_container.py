"""coturn in a real container of a real engine: it allocates, counts, dies, leaves nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker_kit import IMAGE, Engine, EngineFailed, why_not
from turn_kit import talk, until

from e2e.options import TurnOptions
from e2e.turn import TurnUnavailable, choose, probe
from e2e.turn.container import TurnContainer
from e2e.turn.urls import Offered, offered

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    try:
        made = Engine().__enter__()
    except EngineFailed as error:
        pytest.skip(str(error))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", made.host)
        try:
            made.make_image()
            yield made
        finally:
            made.__exit__()


@pytest.fixture(scope="module")
def server(engine: Engine) -> Iterator[TurnContainer]:
    with TurnContainer(600, image=IMAGE) as started:
        yield started


def test_it_allocates_and_refuses_like_a_process(server: TurnContainer) -> None:
    for offer in offered(server.ice_servers("alice")):
        assert str(probe.ask(offer)) == "accepted"
        assert str(probe.ask(Offered(offer.url, offer.username, "A" * 27 + "="))) == "refused with 401"


def test_it_counts_what_was_relayed(server: TurnContainer) -> None:
    asyncio.run(talk(server, (1000, 400)))
    until(
        lambda: [one for one in server.sessions() if one.user == "bob" and one.ended],
        "the end of bob's session",
    )
    found = {one.user: one for one in server.sessions()}
    assert found["bob"].peer_received_bytes >= 1000 and found["bob"].peer_sent_bytes >= 400


def test_killed_it_comes_back_at_its_port(engine: Engine) -> None:
    with TurnContainer(600, image=IMAGE) as server:
        offer = offered(server.ice_servers("alice"))[0]
        assert probe.ask(offer).kind == "accepted"
        server.kill()
        assert probe.ask(offer, 0.5).kind == "silent"
        server.restart()
        assert probe.ask(offer).kind == "accepted"


def test_stopped_it_leaves_no_container(engine: Engine) -> None:
    before = engine.containers()
    with TurnContainer(600, image=IMAGE):
        assert len(engine.containers()) == len(before) + 1
    assert engine.containers() == before


def test_auto_takes_the_container_and_knows_a_missing_image(engine: Engine) -> None:
    assert choose(TurnOptions(image=IMAGE)).kind == "container"
    missing = "127.0.0.1:1/none:1"  # nobody listens there
    assert choose(TurnOptions("auto", missing)).kind == "process"
    with pytest.raises(TurnUnavailable, match="is not there and cannot be pulled"):
        choose(TurnOptions("container", missing))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_container_outlives_its_harness(engine: Engine, number: signal.Signals, tmp_path: Path) -> None:
    before = engine.containers()
    program = f"""
import json, time
from e2e.turn.container import TurnContainer
with TurnContainer(600, image={IMAGE!r}) as server:
    print(json.dumps(server.urls), flush=True)
    time.sleep(120)
"""
    harness = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        assert harness.stdout is not None
        assert json.loads(harness.stdout.readline())
        harness.send_signal(number)
        harness.wait(90)
    finally:
        harness.kill()
        harness.wait()
    until(lambda: engine.containers() == before, "the end of the container")
    until(lambda: not list(tmp_path.iterdir()), "the end of its folder")
