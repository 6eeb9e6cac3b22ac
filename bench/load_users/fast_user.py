"""Locust's FastHttpUser in the scenario of bench/load.py."""

from __future__ import annotations

from locust import FastHttpUser, constant, task

from bench.load_users import measured


class StockFastHttpUser(FastHttpUser):
    wait_time = constant(0)

    @task
    def act(self) -> None:
        measured.act(self.client)
