"""Locust's FastHttpUser in the scenario of bench/load.py."""

from __future__ import annotations

from locust import FastHttpUser, constant, task

from bench.load_users.measured import BEAT, FIELDS, HEADERS, LISTING, WRITE_HEADERS


class StockFastHttpUser(FastHttpUser):
    wait_time = constant(0)

    @task
    def act(self) -> None:
        with self.client.get(LISTING, headers=HEADERS, catch_response=True) as answer:
            if answer.status_code != 200 or not answer.json()["success"]:
                answer.failure("no listing")
        with self.client.post(BEAT, json=FIELDS, headers=WRITE_HEADERS, catch_response=True) as answer:
            if answer.status_code != 200 or not answer.json()["success"]:
                answer.failure("no beat")
