"""What a load run says of requirements: those that its profile decides, and each MUST that it saw broken."""

from __future__ import annotations

from typing import Any

import pytest

from load import profiles, verdicts
from load.running import LoadError, Order
from protocol import spec
from reports import objectives
from tests import load_kit

SPEC = spec.load()
GOOD = load_kit.record()
SLOW = load_kit.record(reads=load_kit.measured(20_000, 0, 230.0))


def of(record: load_kit.Record, *decides: str, loopback: bool = True, **load: bool) -> dict[str, Any]:
    judged = objectives.judge(record)
    found = verdicts.verdicts(record, judged, decides, SPEC, loopback=loopback, **load)
    return {verdict["requirement"]: verdict for verdict in found}


def test_objectives_are_those_that_the_requirement_names() -> None:
    named = {name: verdicts.objectives_of(SPEC.requirement(name)) for name in ("SLO-1", "SLO-2", "SLO-4")}
    assert named == {
        "SLO-1": ["error_rate"],
        "SLO-2": ["read_p95_ms", "write_p95_ms"],
        "SLO-4": ["memory_growth_per_hour"],
    }


def test_what_is_met_passes_with_its_figures() -> None:
    found = of(GOOD, "SLO-1", "SLO-2")
    assert {name: one["verdict"] for name, one in found.items()} == {"SLO-1": "pass", "SLO-2": "pass"}
    assert found["SLO-2"]["note"].startswith("measured: p95 of reads 8.0 ms")
    assert "p95 of writes 15.0 ms" in found["SLO-2"]["note"]
    assert found["SLO-1"]["check"] == "load.steady"


def test_one_of_two_objectives_missed_is_a_fail_that_says_which() -> None:
    found = of(SLOW, "SLO-1", "SLO-2")
    assert (found["SLO-1"]["verdict"], found["SLO-2"]["verdict"]) == ("pass", "fail")
    assert "p95 of reads 230.0 ms" in found["SLO-2"]["reason"]
    assert "writes" not in found["SLO-2"]["reason"]


@pytest.mark.parametrize(
    ("record", "load", "verdict", "words"),
    [
        (GOOD, {"lighter": True}, "not-run", "met at a lighter load than it is asked at: p95 of reads"),
        (GOOD, {"heavier": True}, "pass", ""),
        (SLOW, {"lighter": True}, "fail", "p95 of reads 230.0 ms"),
        (SLOW, {"heavier": True}, "not-run", "missed at a heavier load than it is asked at: p95 of reads"),
    ],
)
def test_only_what_holds_for_the_load_that_is_asked(
    record: load_kit.Record, load: dict[str, bool], verdict: str, words: str
) -> None:
    found = of(record, "SLO-2", **load)["SLO-2"]
    assert found["verdict"] == verdict
    assert found["reason"].startswith(words)


def test_latencies_are_asked_on_the_loopback() -> None:
    found = of(SLOW, "SLO-1", "SLO-2", loopback=False)
    assert (found["SLO-1"]["verdict"], found["SLO-2"]["verdict"]) == ("pass", "not-applicable")


def test_an_objective_that_the_run_was_not_asked_for_is_not_run() -> None:
    found = of(GOOD, "SLO-4")["SLO-4"]
    assert (found["verdict"], found["cause"]) == ("not-run", "elsewhere")


def test_each_must_that_was_seen_broken_fails_by_name() -> None:
    faults = [
        load_kit.fault("getOffer", "an offer was read twice", "MBOX-2", count=3),
        load_kit.fault("getOffer", "an offer of another room", "MBOX-8"),
        load_kit.fault("getOffer", "nobody posted it", "MBOX-2"),
        load_kit.fault("getOffer", "timed out"),
    ]
    found = of({**GOOD, "faults": faults})
    assert set(found) == {"MBOX-2", "MBOX-8"}
    assert found["MBOX-2"]["verdict"] == "fail"
    assert "4 times in 29000 requests: getOffer: an offer was read twice" in found["MBOX-2"]["reason"]
    assert "once in 29000 requests: getOffer: an offer of another room" in found["MBOX-8"]["reason"]


def order(**values: Any) -> Order:
    return Order("steady", profiles.find("steady", SPEC), seed=1, **values)


def test_what_an_order_makes_of_its_profile() -> None:
    assert not order().lighter and not order().heavier
    assert order(scale=0.5).lighter and not order(scale=0.5).heavier
    assert order(scale=2).heavier and not order(scale=2).lighter
    assert order(seconds=60).lighter and not order(seconds=600).lighter
    assert not order(warm_up=5).lighter


def test_there_are_caps() -> None:
    with pytest.raises(LoadError, match="100000 users: at most 20000 are sent"):
        _ = order(scale=1000).applied
    with pytest.raises(LoadError, match="no run is longer than 14400 s"):
        _ = order(seconds=20000).applied
