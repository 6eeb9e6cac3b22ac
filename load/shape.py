"""A profile's phases as a shape of Locust: how many users there are at each second."""

from __future__ import annotations

from typing import ClassVar

from locust import LoadTestShape

from load.profiles import Profile

SPAWNED_PER_S = 500.0  # at most, so that a leap does not stall the hub that also measures


class ProfileShape(LoadTestShape):
    """Locust makes shapes without arguments: locustfile.py makes a class of this one with its profile."""

    abstract: ClassVar[bool] = True
    profile: ClassVar[Profile]

    def tick(self) -> tuple[int, float] | None:
        """The number of users now, and how many a second may come or go; None once the profile is over."""
        now = self.profile.phase_at(float(self.get_run_time()))  # type: ignore[no-untyped-call]
        if now is None:
            return None
        return round(now[1] * self.profile.most_users), SPAWNED_PER_S
