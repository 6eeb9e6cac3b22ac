"""Our locustfile, with an ear of the tests at it: what was late by something else than what its user did.

A request is late by its user's requests before it, and by greenlets that woke late, which a probe sees. What
is left over is written, in seconds and by operation, to the file that PARLEY_TEST_LATE names.
"""

import json
import os
import time
from collections import defaultdict
from pathlib import Path

import gevent
from locust import events

from load.locustfile import *  # noqa: F403 - Locust finds its users here

PROBE_S = 0.002
# Before a request began, in order: when its user was busy, and when nobody was woken.
busy = defaultdict(list)
stalls = []
unexplained = defaultdict(list)


def _within(spans, start, end):
    """Those of the spans that reach into this one, the last first."""
    for first, last in reversed(spans):
        if last <= start:
            return
        yield max(first, start), min(last, end)


def _covered(spans):
    total, reached = 0.0, float("-inf")
    for first, last in sorted(spans):
        total += max(0.0, last - max(first, reached))
        reached = max(reached, last)
    return total


def _probe():
    while True:
        due = time.perf_counter() + PROBE_S
        gevent.sleep(PROBE_S)
        stalls.append((due, time.perf_counter()))


@events.request.add_listener
def _listen(context, **_):
    sample = context["sample"]
    mine = busy[gevent.getcurrent()]
    start, end = sample.intended, sample.started
    # The stall that a request began in is seen only when it is over.
    gevent.spawn_later(2 * PROBE_S, _judge, sample.operation, start, end, list(_within(mine, start, end)))
    mine.append((sample.started, sample.ended))


def _judge(operation, start, end, spans):
    spans += _within(stalls, start, end)
    unexplained[operation].append(end - start - _covered(spans))


@events.test_start.add_listener
def _start(**_):
    gevent.spawn(_probe)


@events.quitting.add_listener
def _write(**_):
    Path(os.environ["PARLEY_TEST_LATE"]).write_text(json.dumps(unexplained), encoding="utf-8")
