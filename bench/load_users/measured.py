"""What the locustfiles of bench/load.py share: the scenario, and how one process measures itself.

Everybody lists rooms and beats its heart in turn, as fast as answers come, reads the JSON and looks at the
status. A line of JSON says how many requests were answered, how many failed, and what CPU time they took.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

import gevent
from locust import events

from protocol.spec import load

SPEC = load()
LISTING = SPEC.operation("listRooms").path
BEAT = SPEC.operation("heartbeat").path
TOKEN = os.environ.get("PARLEY_BENCH_TOKEN", "")
CSRF = "4f1d0c9b7a6e58d3"
HEADERS = {
    "Cookie": f"{SPEC.policy['names']['token_cookie']}={TOKEN}",
    "Accept": "application/json",
    "User-Agent": "parley/bench",
}
WRITE_HEADERS = {**HEADERS, SPEC.policy["names"]["csrf_header"]: CSRF}
FIELDS = {"roomId": "room_000000000000"}
WARM_UP_S = 1.0
SECONDS = float(os.environ.get("PARLEY_BENCH_SECONDS", "2"))


def act(client: Any) -> None:
    """One round of Locust's own users, whose clients are used alike."""
    with client.get(LISTING, headers=HEADERS, catch_response=True) as answer:
        if answer.status_code != 200 or not answer.json()["success"]:
            answer.failure("no listing")
    with client.post(BEAT, json=FIELDS, headers=WRITE_HEADERS, catch_response=True) as answer:
        if answer.status_code != 200 or not answer.json()["success"]:
            answer.failure("no beat")


class Count:
    """Counts by `events.request`, as everything does that is to be trusted in Locust."""

    def __init__(self) -> None:
        self.answered = 0
        self.failed = 0

    def on_request(self, exception: Exception | None = None, **_: Any) -> None:
        self.answered += 1
        self.failed += exception is not None


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def measure(environment: Any, **_: Any) -> None:
    gevent.spawn(_measured, environment)


def _measured(environment: Any) -> None:
    gevent.sleep(WARM_UP_S)
    count = Count()
    environment.events.request.add_listener(count.on_request)
    wall, cpu = time.perf_counter(), time.process_time()
    gevent.sleep(SECONDS)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    found = {"answered": count.answered, "failed": count.failed, "cpu_s": cpu, "wall_s": wall}
    print("\nPARLEY " + json.dumps(found), flush=True)
    os._exit(0)  # the measurement is over; an orderly end of Locust would only cost time
