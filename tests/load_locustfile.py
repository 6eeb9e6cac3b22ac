"""A locustfile of the tests: users who send nothing, and fire what they would have measured.

Told by environment variables: PARLEY_TEST_PROFILE (a .toml file), PARLEY_TEST_MEASURES, PARLEY_TEST_PORT
(metrics), PARLEY_TEST_PID (whose memory), PARLEY_TEST_BUSY (seconds of CPU that a request burns).
"""

import os
import time
from pathlib import Path

from locust import FastHttpUser, User, constant_pacing, events, task

from load import profiles
from load.exporter import serve
from load.recorder import Recorder
from load.sample import Sample
from load.shape import ProfileShape
from protocol.spec import load as load_spec
from protocol.target import Memory

PROFILE = os.environ.get("PARLEY_TEST_PROFILE")
FOUND = profiles.find(PROFILE, load_spec()) if PROFILE else None
BUSY_S = float(os.environ.get("PARLEY_TEST_BUSY", "0"))


@events.init.add_listener
def _listen(environment, **_):
    pid = os.environ.get("PARLEY_TEST_PID")
    recorder = Recorder(
        environment,
        FOUND,
        seed=7,
        measures=Path(os.environ["PARLEY_TEST_MEASURES"]),
        memory=Memory(pid=int(pid)) if pid else None,
    )
    recorder.attach()
    environment.parley_recorder = recorder
    if port := os.environ.get("PARLEY_TEST_PORT"):
        serve(recorder, int(port))


class Viewer(User):
    """Ten requests a second: reads of 4 ms, every tenth a write of 9 ms, and every other write wrong.

    The tenth is the first that is wrong: a run of seconds sees some however slow the machine is.
    """

    wait_time = constant_pacing(0.1)
    count = 0

    @task
    def look(self):
        self.count += 1
        until = time.perf_counter() + BUSY_S
        while time.perf_counter() < until:
            pass
        now = time.perf_counter()
        write = self.count % 10 == 0
        wrong = self.count % 20 == 10
        took = 0.009 if write else 0.004
        sample = Sample(
            "heartbeat" if write else "getOffer",
            "write" if write else "read",
            now - took,
            now - took,
            now,
            status=200,
            fault="\x1b[2Jtwice" if wrong else "",
            requirement="MBOX-2" if wrong else "",
        )
        self.environment.events.request.fire(
            request_type="POST" if write else "GET",
            name=sample.operation,
            response_time=took * 1000,
            response_length=1,
            exception=None,
            context={"sample": sample},
        )


if not PROFILE:

    class Stranger(FastHttpUser):
        """A user class as anybody writes it."""

        host = "http://127.0.0.1:1"
        wait_time = constant_pacing(0.1)

        @task
        def ask(self):
            self.client.get("/health")
            self.client.post("/signaling/create-room", json={})

else:

    class Shape(ProfileShape):
        abstract = False
        profile = FOUND
