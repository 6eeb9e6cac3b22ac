"""How Locust's process is started and ended, without a run."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from report_kit import SPEC

from load import profiles
from load.running import MOST_PROCESSES, LoadError, Order, Running

ORDER = Order(source="smoke", profile=profiles.find("smoke", SPEC), seed=1)


def test_users_of_a_lost_worker_go_to_the_others() -> None:
    assert Running(ORDER, SPEC)._distributed() == []
    words = Running(replace(ORDER, processes=2), SPEC)._distributed()
    assert "--enable-rebalancing" in words
    assert words[words.index("--processes") + 1] == "2"


def test_there_are_no_more_processes_than_two_a_core() -> None:
    cores = os.cpu_count() or 1
    assert max(2, 2 * cores) == MOST_PROCESSES
    assert replace(ORDER, processes=MOST_PROCESSES).applied == ORDER.applied
    with pytest.raises(LoadError, match=f"at most {MOST_PROCESSES}, two for each core .* got 1000"):
        _ = replace(ORDER, processes=1000).applied
