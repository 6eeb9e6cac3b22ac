"""The guard of attacks and loads: this machine, or what its owner says is theirs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from suite.guard import FLAG, GuardError, only_loopback


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:5", "http://127.9.9.9"]
)
def test_this_machine_may_be_sent_to(url: str) -> None:
    only_loopback(url, operated=False)


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1:80", "https://198.51.100.7", "http://[2001:db8::1]", "http://0.0.0.0"]
)
def test_others_only_by_their_owner(url: str) -> None:
    with pytest.raises(GuardError, match=f"is not this machine; whoever operates that target may say {FLAG}"):
        only_loopback(url, operated=False)
    only_loopback(url, operated=True)


def test_a_host_that_is_not_found_is_said() -> None:
    with pytest.raises(GuardError, match="its host cannot be found"):
        only_loopback("http://nowhere.invalid", operated=False)


def test_an_attack_asks_the_guard_before_it_sends_anything() -> None:
    argv = [sys.executable, "-m", "parley", "attack", "--target", "http://192.0.2.1", "--for", "2s"]
    env = {"PARLEY_JWT_SECRET": "a secret of the tests, long enough for HS256"}
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env=env)
    assert ended.returncode == 2
    said = f"192.0.2.1 is not this machine; whoever operates that target may say {FLAG}"
    assert ended.stderr == f"parley: http://192.0.2.1: {said}\n"
