"""What checks read out of pages: a waiting time in words, latencies out of frames."""

from __future__ import annotations

import json

import pytest

from e2e.checks.relay import latencies, told
from e2e.checks.widget import tells


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("Try again in 42 seconds.", 42),
        ("Try again in 41 s", 42),
        ("Too many rooms (429): please wait 60 minutes", 3600),
        ("in 59 minutes", 3580),
        ("in 59 min 40 s", 3580),
        ("in 1 hour", 3600),
        ("wait 59:58", 3600),
        ("wait 1:00:00", 3600),
        ("noch 00:59:58", 3600),
        ("in 1 minute", 50),
    ],
)
def test_a_waiting_time_is_understood(text: str, wait_s: int) -> None:
    assert tells(text, wait_s)


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("", 60),
        ("Too many requests, try again later.", 3600),
        ("Error: too many requests (429)", 3600),
        ("429: Too Many Requests", 3600),
        ("Wait 5 minutes", 3600),
        ("wait 12:30", 3600),
        ("wait 2:00:00", 3600),
        ("429" * 500, 3600),
    ],
)
def test_what_tells_of_no_wait_or_another_is_not(text: str, wait_s: int) -> None:
    assert not tells(text, wait_s)


def frame(name: object, at: float) -> dict[str, object]:
    return {"text": json.dumps({"id": name}), "at": at}


def test_a_latency_is_that_of_the_same_frame() -> None:
    sent = [frame("a", 100), frame("b", 110), frame("lost", 120)]
    got = [frame("b", 125), frame("a", 103), frame("foreign", 1)]
    assert latencies(sent, got) == [3, 15]


@pytest.mark.parametrize("text", ["", "{", "7", "[]", "null", '{"id": 7}', "{}"])
def test_frames_without_an_id_are_passed_over(text: str) -> None:
    odd = {"text": text, "at": 5.0}
    assert latencies([odd], [odd]) == []


def test_figures_in_words() -> None:
    assert told([10.0] * 99 + [100.0], "100 messages") == "measured: p50 10.0 ms, p95 10.0 ms of 100 messages"
    assert told([1.0], "messages") == "measured: nothing of messages"
