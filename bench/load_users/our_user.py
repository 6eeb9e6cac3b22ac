"""Our user in the scenario of bench/load.py: with reconnects, schemas, events and samples."""

from __future__ import annotations

import os
import time

from locust import User, constant, events, task

from bench.load_users.measured import CSRF, FIELDS, SPEC, TOKEN
from load.sending import Client, Outlet
from protocol import target
from protocol.mint import Minted

OUTLET = Outlet(
    SPEC,
    target.from_url(os.environ["PARLEY_BENCH_URL"], {target.SECRET_VARIABLE: "none is signed here"}, SPEC),
    "bench",
    events.request.fire,
)


class OurUser(User):
    wait_time = constant(0)

    def on_start(self) -> None:
        self.sender = Client(OUTLET)
        self.sender.sign_in(Minted("user", TOKEN, CSRF))
        self.ended = time.perf_counter()

    @task
    def act(self) -> None:
        sender = self.sender
        reply = sender.send(sender.request("listRooms"), self.ended)
        self.ended = sender.send(sender.request("heartbeat", fields=FIELDS), reply.ended).ended
