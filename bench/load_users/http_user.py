"""Locust's HttpUser in the scenario of bench/load.py."""

from __future__ import annotations

from locust import HttpUser, constant, task

from bench.load_users import measured


class StockHttpUser(HttpUser):
    wait_time = constant(0)

    @task
    def act(self) -> None:
        measured.act(self.client)
