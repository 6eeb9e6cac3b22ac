"""Verdicts on objectives, at their edges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from load_kit import LIMITS, fault, latency, measured, memory, record

import load
from reports.objectives import LEAST_MINUTES, LEAST_REQUESTS, TIMED_OUT, Objective, at_least, judge
from reports.verdicts import Verdict

PASS, FAIL, NOT_RUN, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.NOT_RUN, Verdict.INCONCLUSIVE


def one(name: str, found: dict[str, Any], limit: float | None = None) -> Objective:
    limits = None if limit is None else {name: limit}
    judged = next(objective for objective in judge(found, limits) if objective.name == name)
    assert judged.limit == (LIMITS.get(name, 0) if limit is None else limit)
    return judged


def test_a_good_run_passes_everything_that_is_asked_in_its_order() -> None:
    found = judge(record())
    assert [(o.name, o.verdict) for o in found] == [
        ("error_rate", PASS),
        ("read_p95_ms", PASS),
        ("write_p95_ms", PASS),
        ("promises", PASS),
    ]
    assert [o.limit for o in found] == [*LIMITS.values(), 0]
    assert [o.got for o in found] == [0, 8.0, 15.0, 0]


def test_what_is_not_asked_is_not_judged_but_for_promises() -> None:
    assert [o.name for o in judge(record(), {})] == ["promises"]
    with pytest.raises(KeyError):
        judge(record(), {"read_p99_ms": 10})


@pytest.mark.parametrize(
    ("requests", "errors", "verdict"),
    [
        (0, 0, NOT_RUN),
        (999, 0, OPEN),  # one more would be above the limit
        (1000, 0, PASS),
        (1000, 1, PASS),  # at the limit is not above it
        (1000, 2, OPEN),  # 26 % of such runs
        (1000, 3, OPEN),  # 8 %
        (1000, 4, FAIL),  # 2 %
        (30_000, 30, PASS),
        (30_000, 31, OPEN),
        (30_000, 45, FAIL),
        (10, 10, FAIL),
        (1, 1, FAIL),
    ],
)
def test_an_error_rate_fails_only_where_chance_is_no_excuse(
    requests: int, errors: int, verdict: Verdict
) -> None:
    found = one("error_rate", record(measured(requests, errors, 8.0), measured(0, 0, 0)))
    assert found.verdict is verdict, found.reason
    assert found.got == (errors / requests if requests else None)


def test_the_reason_of_an_error_rate_names_the_operation_that_fails_most() -> None:
    found = one("error_rate", record(measured(20_000, 100, 8.0)))
    assert found.verdict is FAIL
    assert found.reason == (
        "100 of 29,000 requests failed (0.34 %; the limit is 0.1 %), most often getOffer: 100 of 20,000"
    )


@pytest.mark.parametrize(
    ("found", "limit", "reason"),
    [
        (record(measured(0, 0, 0), measured(0, 0, 0)), 0.001, "no request was measured"),
        (record(), 0.001, "0 of 29,000 requests failed (0 %; the limit is 0.1 %)"),
        (
            record(measured(600, 0, 8.0), measured(0, 0, 0)),
            0.001,
            "0 of 600 requests failed (0 %; the limit is 0.1 %): too few requests to tell, 1,000 are needed",
        ),
        (
            record(measured(600, 0, 8.0), measured(0, 0, 0)),
            0.0,
            "0 of 600 requests failed (0 %; the limit is 0 %): too few requests to tell, "
            "no number shows that none fails",
        ),
        (
            record(measured(1000, 2, 8.0), measured(0, 0, 0)),
            0.001,
            "2 of 1,000 requests failed (0.2 %; the limit is 0.1 %), most often getOffer: 2 of 1,000: "
            "too few to tell, a target at the limit fails as often in 26% of such runs",
        ),
    ],
)
def test_an_error_rate_is_told_in_full(found: dict[str, Any], limit: float, reason: str) -> None:
    assert one("error_rate", found, limit).reason == reason


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (record(measured(0, 0, 0)), "no read was measured"),
        (record(), "p95 of reads 8.0 ms (the limit is 50 ms), slowest getOffer with 8.0 ms"),
        (
            record(measured(60, 0, 8.0)),
            "p95 of reads 8.0 ms (the limit is 50 ms), slowest getOffer with 8.0 ms: too few to tell, "
            "60 of the 200 that are needed",
        ),
        (
            record(measured(60, 0, 80.0)),
            "p95 of reads 80.0 ms (the limit is 50 ms), slowest getOffer with 80.0 ms: too few to tell, "
            "60 of the 200 that are needed",
        ),
        (
            record(measured(600, 0, 51.0)),
            "p95 of reads 51.0 ms (the limit is 50 ms), slowest getOffer with 51.0 ms, "
            "and the generator's own delay of up to 2.0 ms may be why",
        ),
    ],
)
def test_a_latency_is_told_in_full(found: dict[str, Any], reason: str) -> None:
    assert one("read_p95_ms", found).reason == reason


def test_promises_are_told_in_full() -> None:
    assert one("promises", record()).reason == "no MUST was seen broken in 29,000 requests"
    dead = one("promises", record(measured(9, 9, 1.0), measured(0, 0, 0)))
    assert (dead.got, dead.reason) == (0, "no request had a right answer")
    none = one("promises", record(measured(0, 0, 0), measured(0, 0, 0)))
    assert (none.got, none.reason) == (None, "no request was measured")


def test_the_operation_that_fails_most_is_that_of_the_highest_share() -> None:
    found = record(measured(20_000, 100, 8.0))
    found["operations"]["listRooms"] |= {"requests": 10, "errors": 5}
    assert one("error_rate", found).reason.endswith("most often listRooms: 5 of 10")


def test_how_likely_so_many_errors_are() -> None:
    assert at_least(0, 10, 0.5) == 1
    assert at_least(10, 10, 0.5) == pytest.approx(1 / 1024)
    assert at_least(1, 10, 0.5) == pytest.approx(1023 / 1024)
    assert at_least(2, 3, 0.25) == pytest.approx(3 * 0.0625 * 0.75 + 0.25**3)
    assert at_least(1, 5, 0.0) == 0
    assert at_least(5, 5, 1.0) == 1
    assert at_least(600, 1_000_000, 0.001) == pytest.approx(1)
    assert at_least(1_200, 1_000_000, 0.001) < 1e-8


@pytest.mark.parametrize("name", ["read_p95_ms", "write_p95_ms"])
@pytest.mark.parametrize(
    ("times", "requests", "verdict"),
    [
        (1.0, 5000, PASS),
        (1.001, 5000, OPEN),  # the generator wakes up late by as much
        (1.0, LEAST_REQUESTS, PASS),
        (1.0, LEAST_REQUESTS - 1, OPEN),
        (2.0, LEAST_REQUESTS, FAIL),
        (2.0, LEAST_REQUESTS - 1, OPEN),
        (2.0, 0, NOT_RUN),
    ],
)
def test_a_latency_is_held_against_its_limit(
    name: str, times: float, requests: int, verdict: Verdict
) -> None:
    slow = measured(requests, 0, LIMITS[name] * times)
    found = record(slow) if name == "read_p95_ms" else record(None, slow)
    judged = one(name, found)
    assert judged.verdict is verdict, judged.reason
    assert judged.got == (LIMITS[name] * times if requests else None)


def test_it_is_the_corrected_latency_that_counts() -> None:
    slow = measured(5000, 0, 10.0)
    slow["corrected_ms"] = latency(80.0)
    assert one("read_p95_ms", record(slow)).verdict is FAIL
    slow["corrected_ms"], slow["service_ms"] = latency(10.0), latency(80.0)
    assert one("read_p95_ms", record(slow)).verdict is PASS


@pytest.mark.parametrize(("lag", "verdict"), [(4.9, FAIL), (5.1, OPEN)])
def test_a_miss_stands_where_it_is_one_without_the_generators_delay(lag: float, verdict: Verdict) -> None:
    found = record(measured(5000, 0, 60.0))
    found["generator"]["met_ms"] = latency(lag)  # twice: at the start and at the answer
    assert one("read_p95_ms", found).got == 60.0
    assert one("read_p95_ms", found).verdict is verdict


def test_without_any_probe_there_is_no_delay_to_excuse_by() -> None:
    found = record(measured(5000, 0, 50.1))
    found["generator"]["met_ms"] = dict.fromkeys(latency(1))
    assert one("read_p95_ms", found).verdict is FAIL


@pytest.mark.parametrize(("errors", "verdict"), [(250, PASS), (251, FAIL)])
def test_quick_refusals_are_no_quick_answers(errors: int, verdict: Verdict) -> None:
    found = one("read_p95_ms", record(measured(5000, errors, 0.5)))
    assert (found.verdict, found.got) == (verdict, 0.5)
    if verdict is FAIL:
        assert "251 of 5,000 reads had no right answer" in found.reason


def test_the_reason_of_a_latency_names_the_slowest_operation_of_its_kind() -> None:
    found = one("read_p95_ms", record(measured(20_000, 0, 80.0), measured(9000, 0, 500.0)))
    assert found.reason == ("p95 of reads 80.0 ms (the limit is 50 ms), slowest getOffer with 80.0 ms")
    other = record(measured(20_000, 0, 80.0))
    other["operations"]["listRooms"]["corrected_ms"] = latency(90.0)
    assert "slowest listRooms with 90.0 ms" in one("read_p95_ms", other).reason
    rare = record(measured(20_000, 0, 80.0))
    rare["operations"]["getOffer"]["requests"] = 900  # less than one in twenty: it is not what was slow
    assert "slowest listRooms with 40.0 ms" in one("read_p95_ms", rare).reason


@pytest.mark.parametrize(
    ("found", "verdict", "words"),
    [
        (None, NOT_RUN, "cannot be read"),
        (memory(0.0, -0.02, 0.02), PASS, "0 % an hour"),
        (memory(0.03, 0.01, 0.0499), PASS, "between 1 % and 5 %"),
        (memory(0.03, 0.01, 0.05), NOT_RUN, "more minutes are needed"),
        (memory(0.2, 0.0501, 0.3), FAIL, "20 % an hour"),
        (memory(0.2, 0.05, 0.3), NOT_RUN, "more minutes are needed"),
        (memory(0.2, 0.1, 0.3, later=0.04), NOT_RUN, "warming up, 60 more minutes"),
        (memory(0.2, 0.1, 0.3, later=0.05), NOT_RUN, "warming up, 60 more minutes"),
        (memory(0.2, 0.1, 0.3, later=0.06), FAIL, "80.0 to 81.0 MB"),
        ({**memory(0.2, 0.1, 0.3), "highest": False}, NOT_RUN, "but it was higher before, 60 more minutes"),
        (memory(1.5, 1.0, 2.0), FAIL, "150 % an hour, between 100 % and 200 %"),
        (memory(0.0, -0.02, 0.02, minutes=LEAST_MINUTES - 3), NOT_RUN, "3 more minutes are needed"),
        (memory(0.2, 0.1, 0.3, minutes=LEAST_MINUTES - 3), NOT_RUN, "3 more minutes are needed"),
        (memory(0.0, -0.02, 0.02, minutes=LEAST_MINUTES), PASS, ""),
        (memory(0.05, 0.0, 0.1), NOT_RUN, "too near the limit"),
        # 60 min with a band of ±0.16 around 0.03: (0.16/0.02)^(2/3) = 4 times as long, 180 min more.
        (memory(0.03, -0.13, 0.19), NOT_RUN, "180 more minutes"),
    ],
)
def test_memory_is_flat_growing_or_not_yet_known(
    found: dict[str, Any] | None, verdict: Verdict, words: str
) -> None:
    judged = one("memory_growth_per_hour", record(memory=found), 0.05)
    assert judged.verdict is verdict, judged.reason
    assert words in judged.reason
    assert judged.got == (found["growth_per_hour"] if found else None)
    assert judged.limit == 0.05


def test_memory_read_too_seldom_is_not_judged() -> None:
    found = {**memory(0, 0, 0, minutes=2.0), "growth_per_hour": None, "low": None, "high": None}
    judged = one("memory_growth_per_hour", record(memory=found), 0.05)
    assert (judged.verdict, judged.got) == (NOT_RUN, None)
    assert "8 more minutes" in judged.reason


def test_a_broken_promise_is_a_fail_with_requirement_operation_and_count() -> None:
    faults = [
        fault("getOffer", "the same offer twice", "MBOX-2", 3),
        fault("listRooms", "503"),
        fault("getAnswer", "the same answer twice", "MBOX-8"),
    ]
    found = one("promises", record(faults=faults))
    assert (found.verdict, found.got) == (FAIL, 4)
    assert found.reason == (
        "broken under load: MBOX-2 (getOffer 3 times: the same offer twice); "
        "MBOX-8 (getAnswer once: the same answer twice)"
    )


def test_many_broken_promises_are_counted_and_some_named() -> None:
    faults = [fault("getOffer", "x", f"MBOX-{n}") for n in range(1, 6)]
    assert one("promises", record(faults=faults)).reason.endswith("MBOX-3 (getOffer once: x); and 2 more")
    assert one("promises", record(faults=faults[:3])).reason.endswith("MBOX-3 (getOffer once: x)")


def test_faults_of_no_requirement_break_no_promise() -> None:
    found = record(faults=[fault("getOffer", "503", "", 40)])
    assert (one("promises", found).verdict, one("promises", found).got) == (PASS, 0)


def test_nobody_who_never_answered_kept_a_promise() -> None:
    dead = record(measured(500, 500, 1.0), measured(0, 0, 0))
    assert one("promises", dead).verdict is OPEN
    none = record(measured(0, 0, 0), measured(0, 0, 0))
    assert {o.verdict for o in judge(none)} == {NOT_RUN}


def test_a_run_whose_generator_was_the_limit_passes_nothing_and_says_why() -> None:
    found = record(memory=memory(0, -0.01, 0.01))
    found["objectives"]["memory_growth_per_hour"] = 0.05
    assert {o.verdict for o in judge(found)} == {PASS}
    found["generator"]["limit"] = "the generator was saturated"
    judged = judge(found)
    assert {o.verdict for o in judged} == {NOT_RUN}
    assert all(o.reason.endswith("; but the generator was saturated") for o in judged)
    assert [o.name for o in judged] == [*LIMITS, "memory_growth_per_hour", "promises"]
    assert [o.got for o in judged] == [0, 8.0, 15.0, 0.0, 0]
    assert [o.limit for o in judged] == [*LIMITS.values(), 0.05, 0]


def test_what_it_saw_fail_stands_all_the_same() -> None:
    found = record(measured(20_000, 2000, 500.0), faults=[fault("getOffer", "x", "MBOX-2")])
    found["generator"]["limit"] = "the generator was saturated"
    assert [o.verdict for o in judge(found)] == [FAIL, FAIL, NOT_RUN, FAIL]


def test_a_run_that_was_cut_off_passes_nothing() -> None:
    judged = judge(record(stopped="interrupted"))
    assert {o.verdict for o in judged} == {NOT_RUN}
    assert judged[0].reason.endswith("; but the run ended early (interrupted)")
    slow = record(measured(5000, 0, 90.0), stopped="interrupted")
    assert one("read_p95_ms", slow).verdict is FAIL


def test_what_comes_from_the_target_is_made_harmless() -> None:
    found = record(faults=[fault("get\x1b[2J", "\x07bell", "MBOX-2")], stopped="\x1b]0;x")
    assert "\x1b" not in "".join(o.reason for o in judge(found))
    assert "\x07" not in "".join(o.reason for o in judge(found))


SATURATED = "the generator was saturated"


@pytest.mark.parametrize(("limit", "verdict"), [("", FAIL), (SATURATED, OPEN)])
def test_a_missed_latency_is_nobodys_where_the_generator_was_the_limit(limit: str, verdict: Verdict) -> None:
    found = record(measured(5000, 0, 500.0))
    found["generator"]["limit"] = limit
    judged = one("read_p95_ms", found)
    assert (judged.verdict, judged.got) == (verdict, 500.0)
    assert judged.reason.endswith(f"; but {limit}" if limit else "with 500.0 ms")


@pytest.mark.parametrize(
    ("late", "took", "verdict"),
    [(460.0, 40.0, OPEN), (440.0, 40.0, FAIL), (460.0, 229.0, OPEN), (460.0, 231.0, FAIL)],
)
def test_a_late_start_explains_a_latency_unless_answers_were_slow(
    late: float, took: float, verdict: Verdict
) -> None:
    slow = measured(5000, 0, 500.0)
    slow["service_ms"]["p99"] = took
    found = record(slow)
    found["generator"]["late_ms"]["p95"] = late
    assert one("read_p95_ms", found).verdict is verdict


def test_what_is_given_up_is_known_by_its_words() -> None:
    """A fault that load/connection.py words otherwise would accuse the target again."""
    source = (Path(load.__file__).parent / "connection.py").read_text(encoding="utf-8")
    assert all(f'f"{words}{{' in source for words in TIMED_OUT)


@pytest.mark.parametrize("words", ["no answer within 10 s", "no connection within 5 s"])
def test_what_a_saturated_generator_gave_up_is_no_error_of_the_target(words: str) -> None:
    found = record(measured(20_000, 2000, 8.0), faults=[fault("getOffer", words, "", 2000)])
    assert [one(name, found).verdict for name in ("error_rate", "read_p95_ms")] == [FAIL, FAIL]
    found["generator"]["limit"] = SATURATED
    rate, reads = one("error_rate", found), one("read_p95_ms", found)
    assert (rate.verdict, reads.verdict) == (OPEN, OPEN)
    assert rate.reason.endswith(f"; but 2,000 of them were no answer in time, and {SATURATED}")
    assert reads.reason.endswith(f"more than p95 has room for; but {SATURATED}")
    # What else went wrong is the target's all the same.
    found["faults"] = [fault("getOffer", words, "", 900), fault("getOffer", "503", "ERR-3", 1100)]
    assert [one(name, found).verdict for name in ("error_rate", "read_p95_ms")] == [FAIL, FAIL]
    # Of another kind of requests, or none that was measured, it excuses nothing.
    found["faults"] = [fault("heartbeat", words, "", 2000)]
    assert one("read_p95_ms", found).verdict is FAIL
    found["faults"] = [{**fault("getOffer", words, "", 2000), "measured": 0}]
    assert one("error_rate", found).verdict is FAIL
