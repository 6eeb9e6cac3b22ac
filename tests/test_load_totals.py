"""Adding up samples: phases, seconds, faults, several processes; and what a load record says of them."""

from __future__ import annotations

import json

import pytest
from load_kit import complaints

from load import profiles
from load.histograms import Histogram, microseconds
from load.profiles import Profile
from load.sample import Sample
from load.tallies import MOST_FAULTS, MOST_NAMES, OTHERS, Delta, Fault, Name, Plan, Second
from load.totals import MOST_POINTS, SHOWN_FAULTS, Totals
from protocol.spec import load as load_spec

SPEC = load_spec()
BEGAN = 1000.0
PROFILE = """
title = "Of the tests"
decides = ["SLO-1"]
[users]
viewer = 10
broadcaster = 10
[[phases]]
name = "warm-up"
seconds = 2
load = [0.5, 1]
measured = false
[[phases]]
name = "steady"
seconds = 10
[[phases]]
name = "rest"
seconds = 5
load = 0.5
measured = false
[[phases]]
name = "again"
seconds = 10
"""


def profile(text: str = PROFILE) -> Profile:
    return profiles.parse(text, "here", "mine", SPEC)


def sample(
    at: float, took: float = 0.01, *, late: float = 0.0, name: str = "getOffer", **others: object
) -> Sample:
    """One that was intended at this second of the run."""
    intended = BEGAN + at
    kind = others.pop("kind", "read")
    return Sample(name, kind, intended, intended + late, intended + late + took, **others)  # type: ignore[arg-type]


def totals(*samples: Sample, profiled: Profile | None = None) -> Totals:
    found = Totals(profiled)
    delta = Delta()
    delta.add(samples, BEGAN, found.plan)
    found.merge(delta)
    return found


def test_a_plan_knows_the_phase_of_each_second() -> None:
    plan = Plan(profile())
    found = {at: plan.at(at)[::3] for at in (-1, 0, 1.99, 2, 11.99, 12, 17, 26.99, 27, 1e6)}
    assert found == {
        -1: ("warm-up", False),
        0: ("warm-up", False),
        1.99: ("warm-up", False),
        2: ("steady", True),
        11.99: ("steady", True),
        12: ("rest", False),
        17: ("again", True),
        26.99: ("again", True),
        27: ("", False),
        1e6: ("", False),
    }
    assert [plan.measured_until(at) for at in (0, 2, 5, 12, 14, 20, 27, 99)] == [0, 0, 3, 10, 10, 13, 20, 20]


def test_without_a_profile_everything_is_measured() -> None:
    plan = Plan(None)
    assert [plan.at(at).measured for at in (0, 1e6)] == [True, True]
    assert plan.measured_until(7.5) == 7.5


def test_a_request_counts_in_the_phase_in_which_it_was_intended() -> None:
    """One meant for the warm-up that came late spoils nothing; one of the end counts though it hung."""
    found = totals(
        sample(1.9, 0.5),
        sample(2.0),
        sample(11.9, 3.0),
        sample(12.0),
        sample(26.9),
        sample(27.0),
        profiled=profile(),
    )
    record = found.record(30.0)
    assert record["totals"]["requests"] == 3
    assert record["reads"]["corrected_ms"]["max"] == pytest.approx(3000, rel=0.001)
    assert record["measured_s"] == 20
    assert record["totals"]["per_second"] == pytest.approx(3 / 20)


def test_corrected_latency_is_from_the_intended_start_and_service_from_the_real_one() -> None:
    found = totals(*(sample(n, 0.010, late=0.030) for n in range(10))).record(10.0)
    assert found["reads"]["service_ms"]["p95"] == pytest.approx(10, rel=0.001)
    assert found["reads"]["corrected_ms"]["p95"] == pytest.approx(40, rel=0.001)
    assert found["generator"]["late_ms"]["p95"] == pytest.approx(30, rel=0.001)


def test_what_a_stall_kept_from_being_sent_is_counted_in_the_latency_and_in_nothing_else() -> None:
    quick = [sample(n, 0.001, every=1.0) for n in range(90)]
    found = totals(*quick, sample(100, 10.5, every=1.0)).record(200.0)
    assert found["totals"]["requests"] == 91
    assert found["reads"]["service_ms"]["p95"] == pytest.approx(1, rel=0.01)
    # 90 of 1 ms, and 10.5, 9.5, 8.5 ... 1.5 s: the 95th of a hundred is 5.5 s.
    assert found["reads"]["corrected_ms"]["p95"] == pytest.approx(5500, rel=0.003)
    assert totals(*quick, sample(100, 10.0)).record(200.0)["reads"]["corrected_ms"]["p95"] < 2


def test_reads_writes_and_operations_are_told_apart() -> None:
    found = totals(
        *(sample(1, 0.01) for _ in range(4)),
        *(sample(1, 0.05, name="heartbeat", kind="write") for _ in range(3)),
        sample(1, 0.02, name="listRooms", fault="503"),
    ).record(2.0)
    assert (found["reads"]["requests"], found["writes"]["requests"]) == (5, 3)
    assert (found["reads"]["errors"], found["writes"]["errors"]) == (1, 0)
    assert {name: (o["kind"], o["requests"], o["errors"]) for name, o in found["operations"].items()} == {
        "getOffer": ("read", 4, 0),
        "heartbeat": ("write", 3, 0),
        "listRooms": ("read", 1, 1),
    }
    assert found["writes"]["corrected_ms"]["p50"] == pytest.approx(50, rel=0.001)


def test_the_same_of_several_processes_is_the_same_as_of_one() -> None:
    samples = [
        sample(
            n / 10,
            0.001 * (n % 37 + 1),
            late=0.0001 * (n % 11),
            every=0.02 * (n % 2),
            fault="503" if n % 50 == 0 else "",
        )
        for n in range(250)
    ]
    whole = totals(*samples, profiled=profile())
    parts = Totals(profile(), open_s=100)
    for share in range(3):
        delta = Delta()
        delta.add(samples[share::3], BEGAN, parts.plan)
        sent = Delta.decoded(json.loads(json.dumps(delta.encoded())))
        assert sent == delta or sent.encoded() == delta.encoded()
        parts.merge(sent, f"worker-{share}")
    one, many = whole.record(30.0), parts.record(30.0)
    assert many["generator"].pop("processes") == 3
    assert one["generator"].pop("processes") == 1
    assert many == one


def test_faults_are_grouped_cleaned_and_told_with_their_first_second() -> None:
    record = totals(
        sample(1.0, fault="503"),
        sample(3.5, fault="twice\x1b[2J" + "x" * 5000, requirement="MBOX-2"),
        sample(2.5, fault="twice\x1b[2J" + "x" * 5000, requirement="MBOX-2"),
        profiled=profile(),
    ).record(30.0)
    first, second = record["faults"]
    assert (first["operation"], first["requirement"], first["count"]) == ("getOffer", "MBOX-2", 2)
    assert (first["measured"], first["first_s"]) == (2, 2)
    assert first["fault"].startswith("twice\\u001b[2Jxx") and len(first["fault"]) < 250
    assert (second["fault"], second["count"], second["measured"]) == ("503", 1, 0)
    assert record["totals"]["errors"] == 2


def test_neither_faults_nor_names_fill_the_memory_and_no_requirement_is_lost() -> None:
    many = [sample(1, name=f"url-{n}", fault=f"fault {n}") for n in range(3 * MOST_NAMES)]
    found = totals(*many, *(sample(1, fault="twice", requirement="MBOX-2") for _ in range(2)))
    record = found.record(2.0)
    assert len(record["operations"]) == MOST_NAMES + 1
    assert record["operations"][OTHERS]["requests"] == 2 * MOST_NAMES + 2
    assert record["totals"] == {"requests": 302, "errors": 302, "per_second": 151.0}
    assert len(found.sum.faults) <= MOST_FAULTS + 2
    assert len(record["faults"]) == SHOWN_FAULTS
    assert [fault["count"] for fault in record["faults"] if fault["requirement"] == "MBOX-2"] == [2]


def test_the_sums_do_not_grow_with_the_length_of_a_run_and_lose_nothing() -> None:
    found = Totals(None)
    seconds = 3 * MOST_POINTS
    for at in range(seconds):
        delta = Delta()
        slow = 0.5 if at == 777 else 0.01
        delta.add([sample(at, slow), sample(at, 0.02, name="heartbeat", kind="write")], BEGAN, found.plan)
        found.note(at, {"viewer": at % 7}, 100.0)
        found.merge(delta)
    record = found.record(float(seconds))
    series = record["series"]
    assert record["series_step_s"] == 4
    assert len(series) == seconds / 4 <= MOST_POINTS
    assert [point["s"] for point in series[:3]] == [0, 4, 8]
    assert sum(point["requests"] for point in series) == 2 * seconds
    # the worst second of a point is what it shows
    assert [point["s"] for point in series if point["read_p95"] > 100] == [776]
    assert max(point["users"] for point in series) == 6


def test_each_second_is_told_once_it_is_closed() -> None:
    found = Totals(profile())
    told = []
    for at in range(8):
        delta = Delta()
        delta.add([sample(at + 0.5)], BEGAN, found.plan)
        found.note(at, {"viewer": 10 + at}, None)
        found.merge(delta)
        told.append([point["s"] for point in found.closed])
        found.closed.clear()
    assert told == [[], [], [], [0], [1], [2], [3], [4]]
    assert [(p["s"], p["users"], p["phase"]) for p in found.record(8.0)["series"]][1:3] == [
        (1, 11, "warm-up"),
        (2, 12, "steady"),
    ]


def test_people_who_are_leaving_are_no_part_of_the_series() -> None:
    found = totals(sample(26.9, 0.01), sample(27.5, 0.01), profiled=profile())
    assert [point["s"] for point in found.record(28.0)["series"]] == [26]


def _seconds(found: Totals, cpu: float, lag_s: float, count: int, first: int = 2) -> None:
    for at in range(first, first + count):
        delta = Delta()
        delta.seconds[at] = Second(cpu=cpu)
        delta.seconds[at].lag.add([microseconds(lag_s)] * 20)
        found.note(at, {"viewer": 20}, None)
        found.merge(delta)


@pytest.mark.parametrize(
    ("cpu", "lag_s", "count", "limited"),
    [(0.99, 0.0, 10, True), (0.5, 0.02, 10, True), (0.99, 0.0, 2, False), (0.5, 0.001, 10, False)],
)
def test_a_generator_that_is_full_for_long_is_the_limit(
    cpu: float, lag_s: float, count: int, limited: bool
) -> None:
    found = Totals(profile())
    _seconds(found, cpu, lag_s, count)
    _seconds(found, 0.3, 0.0, 10, first=17)
    generator = found.record(27.0)["generator"]
    assert bool(generator["limit"]) is limited, generator
    assert generator["full_s"] == (count if cpu > 0.9 or lag_s > 0.01 else 0)
    assert generator["cpu"] == pytest.approx((cpu * count + 0.3 * 10) / (count + 10), abs=0.001)


def test_a_stall_counts_for_the_requests_that_began_in_it() -> None:
    found = Totals(profile())
    delta = Delta()
    stalls = [(BEGAN + 3.0, BEGAN + 3.2), (BEGAN + 5.0, BEGAN + 5.05)]
    began_at = (1.0, 2.9, 3.0, 3.1, 3.2, 3.3, 5.01, 6.0)
    delta.add([sample(at) for at in began_at], BEGAN, found.plan, stalls)
    found.merge(Delta.decoded(delta.encoded()))
    shown = sorted(found.sum.met.counts.elements())
    assert [round(value / 1000) for value in shown] == [0, 0, 0, 50, 200, 200, 200]  # none of the warm-up
    assert found.record(27.0)["generator"]["met_ms"]["max"] == pytest.approx(200, rel=0.001)
    assert totals(sample(3.1), profiled=profile()).record(27.0)["generator"]["met_ms"]["max"] == 0


def test_a_warm_up_that_is_full_does_not_count() -> None:
    found = Totals(profile())
    _seconds(found, 0.99, 0.1, 2, first=0)
    _seconds(found, 0.3, 0.0, 10, first=2)
    generator = found.record(27.0)["generator"]
    assert (generator["limit"], generator["full_s"], generator["cpu"]) == ("", 0, 0.3)


def test_users_who_never_came_are_a_limit() -> None:
    found = Totals(profile())
    for at in range(12):
        found.note(at, {"viewer": 9, "broadcaster": 9}, None)
    assert found.record(12.0)["generator"]["limit"] == "only 18 of the 20 users asked for were ever there"
    found.note(13, {"viewer": 20}, None)  # not in a measured phase
    assert found.record(12.0)["generator"]["limit"]
    enough = Totals(profile())
    for at in range(12):
        enough.note(at, {"viewer": 19}, None)
    assert enough.record(12.0)["generator"]["limit"] == ""


@pytest.mark.parametrize(("missing", "limited"), [(2, False), (3, True)])
def test_users_who_were_lost_are_a_limit_if_they_are_missed_for_long(missing: int, limited: bool) -> None:
    found = Totals(profile())
    for at in range(27):
        found.note(at, {"viewer": 10 if 7 <= at < 7 + missing else 20}, None)
    said = found.record(27.0)["generator"]["limit"]
    words = f"in {missing} of 19 measured seconds too few of the users asked for were there"
    assert said == (words if limited else "")


def test_users_who_come_and_go_as_the_profile_says_are_not_missing() -> None:
    """Each comes three seconds after he is asked for, and all leave at once."""
    waves = "".join(
        f'[[phases]]\nname = "wave-{n}"\nseconds = 5\nload = {n % 2 or 0.2}\n' for n in range(1, 9)
    )
    mine = profile(PROFILE.split("[[phases]]")[0] + waves)
    found = Totals(mine)
    for at in range(40):
        loads = [phase[1] for back in range(4) if at >= back and (phase := mine.phase_at(at - back))]
        found.note(at, {"viewer": round(20 * min(loads))}, None)
    assert found.record(40.0)["generator"]["limit"] == ""
    for at in range(40):  # with nobody ever beyond the low tide but once
        found.note(at, {"viewer": 20 if at == 20 else 4}, None)
    assert found.record(40.0)["generator"]["limit"].endswith("too few of the users asked for were there")


def test_the_busiest_process_is_the_generators_cpu() -> None:
    found = Totals(profile())
    for process, cpu in (("a", 0.2), ("b", 0.7)):
        for at in (2, 3):
            delta = Delta()
            delta.seconds[at] = Second(cpu=cpu)
            found.merge(delta, process)
    assert found.record(5.0)["generator"]["cpu"] == 0.7
    assert found.cpu_now == {"a": 0.2, "b": 0.7}


def test_what_a_worker_tells_late_is_counted_all_the_same() -> None:
    found = Totals(None)
    for at in range(40):
        delta = Delta()
        delta.add([sample(at + 0.1)], BEGAN, found.plan)
        found.merge(delta, "a")
    late = Delta()
    late.add([sample(3.1, fault="503")], BEGAN, found.plan)
    found.merge(late, "b")
    record = found.record(40.0)
    assert record["totals"]["requests"] == 41
    assert [(p["requests"], p["errors"]) for p in record["series"]][3] == (2, 1)


def test_memory_is_that_of_the_measured_phases() -> None:
    found = Totals(profile())
    for at in range(27):
        found.note(at, {"viewer": 20}, 500.0 if at < 2 else 100.0 + at)
    memory = found.record(27.0)["memory"]
    assert (memory["first_mb"], memory["last_mb"], memory["points"]) == (102.0, 126.0, 20)
    assert memory["growth_per_hour"] is None  # too few to say
    assert Totals(profile()).record(27.0)["memory"] is None


@pytest.mark.parametrize("profiled", [None, profile()])
def test_a_record_is_as_its_schema_says_even_where_nothing_was_measured(profiled: Profile | None) -> None:
    for found in (
        Totals(profiled),
        totals(*(sample(n / 9, fault="x" * (n % 2)) for n in range(300)), profiled=profiled),
    ):
        found.note(3, {"viewer": 3}, 80.0)
        record = json.loads(json.dumps(found.record(12.0, "interrupted", {"viewer": 3}), allow_nan=False))
        assert complaints(record) == []


def test_the_kept_names_are_those_of_both_phases() -> None:
    found = totals(sample(0.5), sample(2.5, 0.02), profiled=profile())
    assert set(found.sum.operations) == {Name("getOffer", "read", False), Name("getOffer", "read", True)}
    live = found.live()
    assert live[("getOffer", "read")].requests == 2
    assert Fault("a", "b", "c", True) not in found.sum.faults
    assert Histogram().total == 0
