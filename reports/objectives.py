"""What a load run says of its objectives: pure, from the load record alone. ADR 0018 has the reasons.

A fail must be the target's: what the generator's own delay may explain is inconclusive, and so are a missed
latency and a time-out where the generator was the limit. A pass must be earned: with too few requests, a run
that was cut off or a generator that was the limit there is none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.evidence import plain
from reports.verdicts import Verdict

Record = dict[str, Any]
# Of an error rate: how sure we are that the true rate is above the limit before it is a fail (one-sided).
SURE = 0.95
# A 95th percentile of fewer hangs on a handful: 200 requests have ten beyond it.
LEAST_REQUESTS = 200
# A percentile has room for so many requests without an answer worth the name; more are themselves a miss.
P95_ROOM = 0.05
# The generator's delay is in a latency twice: when a request begins and when its answer is taken.
DELAYS = 2
# Minutes before which no memory is flat: a collector or a cache has not been seen to turn round.
LEAST_MINUTES = 10.0
MOST_MINUTES = 24 * 60.0  # a longer run is no advice
PROMISES = "promises"
LATENCIES = {"read_p95_ms": "reads", "write_p95_ms": "writes"}
NAMED = 3  # broken requirements in a reason
# How faults begin that a generator may have made itself by looking too late: load/connection.py has them.
TIMED_OUT = ("no answer within ", "no connection within ")


@dataclass(frozen=True)
class Objective:
    """`limit` and `got` are in the objective's unit: a share, ms, a share an hour, or a count of faults."""

    name: str
    verdict: Verdict
    limit: float
    got: float | None
    reason: str


def judge(record: Record, limits: Mapping[str, float] | None = None) -> list[Objective]:
    """The objectives in the order of the record, `promises` last. `limits`: others than the record's own.

    Raises KeyError for an objective that is none.
    """
    asked = record["objectives"] if limits is None else limits
    found = [_of(name, record, limit) for name, limit in asked.items()]
    found.append(_promises(record))
    return [_earned(objective, record) for objective in found]


def _of(name: str, record: Record, limit: float) -> Objective:
    if name == "error_rate":
        return _error_rate(record, limit)
    if name == "memory_growth_per_hour":
        return _memory(record, limit)
    return _latency(name, record, limit)


def _earned(objective: Objective, record: Record) -> Objective:
    """No pass from a run that did not put the load on the target that was asked for."""
    why = record["generator"]["limit"]
    if objective.verdict is not Verdict.PASS:
        return objective
    if not why and record["stopped"]:
        why = f"the run ended early ({plain(record['stopped'])})"
    if not why:
        return objective
    return Objective(
        objective.name, Verdict.NOT_RUN, objective.limit, objective.got, f"{objective.reason}; but {why}"
    )


def _error_rate(record: Record, limit: float) -> Objective:
    requests, errors = record["totals"]["requests"], record["totals"]["errors"]
    if not requests:
        return Objective("error_rate", Verdict.NOT_RUN, limit, None, "no request was measured")
    rate = errors / requests
    told = f"{errors:,} of {requests:,} requests failed ({_percent(rate)}; the limit is {_percent(limit)})"
    worst = _worst(record, lambda entry: entry["errors"] / max(1, entry["requests"]))
    if errors and worst:
        entry = record["operations"][worst]
        told += f", most often {plain(worst)}: {entry['errors']:,} of {entry['requests']:,}"
    if rate <= limit:
        if requests * limit < 1:  # one more that fails would be above it
            needed = (
                f"{math.ceil(1 / limit):,} are needed" if limit > 0 else "no number shows that none fails"
            )
            short = f"{told}: too few requests to tell, {needed}"
            return Objective("error_rate", Verdict.INCONCLUSIVE, limit, rate, short)
        return Objective("error_rate", Verdict.PASS, limit, rate, told)
    chance = at_least(errors, requests, limit)
    if chance < 1 - SURE:
        why, own = record["generator"]["limit"], _timed_out(record)
        if why and at_least(errors - own, requests, limit) >= 1 - SURE:
            told += f"; but {own:,} of them were no answer in time, and {why}"
            return Objective("error_rate", Verdict.INCONCLUSIVE, limit, rate, told)
        return Objective("error_rate", Verdict.FAIL, limit, rate, told)
    told += f": too few to tell, a target at the limit fails as often in {chance:.0%} of such runs"
    return Objective("error_rate", Verdict.INCONCLUSIVE, limit, rate, told)


def at_least(errors: int, requests: int, rate: float) -> float:
    """How likely it is that so many requests fail or more, where each fails with this rate: binomial."""
    if errors <= 0:
        return 1.0
    if rate <= 0:
        return 0.0
    if rate >= 1:
        return 1.0
    below = 0.0
    for k in range(errors):
        log = math.lgamma(requests + 1) - math.lgamma(k + 1) - math.lgamma(requests - k + 1)
        below += math.exp(log + k * math.log(rate) + (requests - k) * math.log1p(-rate))
        if below >= 1:
            return 0.0
    return 1 - below


def _latency(name: str, record: Record, limit: float) -> Objective:
    group = LATENCIES[name]
    found = record[group]
    requests, got = found["requests"], found["corrected_ms"]["p95"]
    if not requests or got is None:
        return Objective(name, Verdict.NOT_RUN, limit, None, f"no {group[:-1]} was measured")
    worst = _worst(
        record, lambda entry: entry["corrected_ms"]["p95"] or 0.0, kind=group[:-1], least=P95_ROOM * requests
    )
    told = f"p95 of {group} {got:.1f} ms (the limit is {limit:g} ms)"
    if worst:
        told += f", slowest {plain(worst)} with {record['operations'][worst]['corrected_ms']['p95']:.1f} ms"
    why = record["generator"]["limit"]
    if found["errors"] > P95_ROOM * requests:
        told = f"{found['errors']:,} of {requests:,} {group} had no right answer: more than p95 has room for"
        if why and found["errors"] - _timed_out(record, group[:-1]) <= P95_ROOM * requests:
            return Objective(name, Verdict.INCONCLUSIVE, limit, got, f"{told}; but {why}")
        return Objective(name, Verdict.FAIL, limit, got, told)
    delay = _delay(record, found)
    if got <= limit:
        if requests < LEAST_REQUESTS:
            told += f": too few to tell, {requests} of the {LEAST_REQUESTS} that are needed"
            return Objective(name, Verdict.INCONCLUSIVE, limit, got, told)
        return Objective(name, Verdict.PASS, limit, got, told)
    if got - delay <= limit:
        told += f", and the generator's own delay of up to {delay:.1f} ms may be why"
        return Objective(name, Verdict.INCONCLUSIVE, limit, got, told)
    if requests < LEAST_REQUESTS:
        told += f": too few to tell, {requests} of the {LEAST_REQUESTS} that are needed"
        return Objective(name, Verdict.INCONCLUSIVE, limit, got, told)
    if why:
        return Objective(name, Verdict.INCONCLUSIVE, limit, got, f"{told}; but {why}")
    return Objective(name, Verdict.FAIL, limit, got, told)


def _delay(record: Record, found: Record) -> float:
    """Of the p95 of these requests, the ms that may be the generator's own: what its probe saw, or how late
    requests began, where answers (p99) took less than half of that. A user whose answer is late begins late
    too, and that is the target's doing.
    """
    generator = record["generator"]
    seen = DELAYS * (generator["met_ms"]["p95"] or 0.0)
    late, took = generator["late_ms"]["p95"] or 0.0, found["service_ms"]["p99"] or 0.0
    return float(max(seen, late if took < late / 2 else 0.0))


def _timed_out(record: Record, kind: str = "") -> int:
    """Measured requests, of this kind or all, that were given up: a fault that is no broken promise."""
    operations = record["operations"]
    return sum(
        fault["measured"]
        for fault in record["faults"]
        if fault["fault"].startswith(TIMED_OUT)
        and kind in ("", operations.get(fault["operation"], {}).get("kind"))
    )


def _worst(record: Record, of: Any, kind: str = "", least: float = 0.0) -> str:
    """The operation with the highest figure, of those with enough requests to matter; "": none."""
    entries = {
        name: of(entry)
        for name, entry in record["operations"].items()
        if kind in ("", entry["kind"]) and entry["requests"] >= max(1.0, least)
    }
    return max(entries, key=lambda name: entries[name], default="")


def _memory(record: Record, limit: float) -> Objective:
    name, memory = "memory_growth_per_hour", record["memory"]
    if memory is None:
        why = "the target's memory cannot be read: its file names no [memory], or nothing sensible came"
        return Objective(name, Verdict.NOT_RUN, limit, None, why)
    got, low, high = memory["growth_per_hour"], memory["low"], memory["high"]
    minutes = memory["minutes"]
    if got is None:
        told = f"memory was read {memory['points']} times in {minutes:.1f} min: too short to tell"
        return Objective(name, Verdict.NOT_RUN, limit, None, told + _more(LEAST_MINUTES - minutes))
    told = (
        f"memory went from {memory['first_mb']:.1f} to {memory['last_mb']:.1f} MB: {_percent(got)} an hour, "
        f"between {_percent(low)} and {_percent(high)} (the limit is {_percent(limit)})"
    )
    if minutes < LEAST_MINUTES:
        why = f"{told}: too short to tell{_more(LEAST_MINUTES - minutes)}"
        return Objective(name, Verdict.NOT_RUN, limit, got, why)
    if low > limit:
        if memory["later"] > limit and memory["highest"]:
            return Objective(name, Verdict.FAIL, limit, got, told)
        word = "was higher before" if not memory["highest"] else "slows down, and may still be warming up"
        return Objective(name, Verdict.NOT_RUN, limit, got, f"{told}, but it {word}{_more(minutes)}")
    if high < limit:
        return Objective(name, Verdict.PASS, limit, got, told)
    # The band narrows with the 3/2th power of the time.
    half, gap = (high - low) / 2, abs(got - limit)
    needed = minutes * (half / gap) ** (2 / 3) if gap else math.inf
    return Objective(
        name, Verdict.NOT_RUN, limit, got, f"{told}: too short to tell{_more(max(1.0, needed - minutes))}"
    )


def _more(minutes: float) -> str:
    if minutes > MOST_MINUTES:
        return ", and no longer run would: it is too near the limit"
    return f", {max(1, math.ceil(minutes))} more minutes are needed"


def _promises(record: Record) -> Objective:
    broken = [fault for fault in record["faults"] if fault["requirement"]]
    count = sum(fault["count"] for fault in broken)
    if broken:
        named: dict[str, list[str]] = {}
        for fault in broken:
            times = "once" if fault["count"] == 1 else f"{fault['count']:,} times"
            words = f"{plain(fault['operation'])} {times}: {plain(fault['fault'])}"
            named.setdefault(fault["requirement"], []).append(words)
        told = "; ".join(f"{requirement} ({words[0]})" for requirement, words in list(named.items())[:NAMED])
        more = f"; and {len(named) - NAMED} more" if len(named) > NAMED else ""
        return Objective(PROMISES, Verdict.FAIL, 0, count, f"broken under load: {told}{more}")
    requests = record["totals"]["requests"]
    if not requests:
        return Objective(PROMISES, Verdict.NOT_RUN, 0, None, "no request was measured")
    if requests == record["totals"]["errors"]:
        return Objective(PROMISES, Verdict.INCONCLUSIVE, 0, 0, "no request had a right answer")
    return Objective(PROMISES, Verdict.PASS, 0, 0, f"no MUST was seen broken in {requests:,} requests")


def _percent(share: float) -> str:
    """With two digits that count: 0.13 %, 12 %, 0 %."""
    return f"{share * 100:.2g} %" if abs(share) < 1 else f"{share * 100:.0f} %"
