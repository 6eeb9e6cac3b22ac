"""Load records made by hand, for tests of what is made of them."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import jsonschema_rs

from reports import objectives

Record = dict[str, Any]
PERCENTILES = ("p50", "p90", "p95", "p99", "max")
SCHEMAS = Path(objectives.__file__).parent / "schemas"
LIMITS = {"error_rate": 0.001, "read_p95_ms": 50.0, "write_p95_ms": 100.0}


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))


LOAD = jsonschema_rs.Draft202012Validator(schema("load.schema.json"))


def complaints(found: Record, validator: Any = LOAD) -> list[str]:
    """What the published schema says against a load record."""
    return [f"{error.instance_path}: {error.message[:200]}" for error in validator.iter_errors(found)]


def latency(p95: float) -> dict[str, float]:
    """Percentiles of which the 95th is this one, in ms."""
    return dict(zip(PERCENTILES, (p95 / 3, p95 / 1.5, p95, p95 * 1.4, p95 * 3), strict=True))


def measured(requests: int, errors: int, p95: float) -> Record:
    return {
        "requests": requests,
        "errors": errors,
        "service_ms": latency(p95 * 0.8) if requests else dict.fromkeys(PERCENTILES),
        "corrected_ms": latency(p95) if requests else dict.fromkeys(PERCENTILES),
    }


def fault(operation: str, text: str, requirement: str = "", count: int = 1) -> Record:
    found = {"operation": operation, "fault": text, "requirement": requirement}
    return {**found, "count": count, "measured": count, "first_s": 40}


def memory(
    rate: float, low: float, high: float, *, later: float | None = None, minutes: float = 60
) -> Record:
    after = rate if later is None else later
    found = {"first_mb": 80.0, "last_mb": 81.0, "growth_per_hour": rate, "low": low, "high": high}
    return {**found, "later": after, "highest": True, "minutes": minutes, "points": int(minutes * 60)}


def record(
    reads: Record | None = None, writes: Record | None = None, *, steps: int = 60, **others: Any
) -> Record:
    """A run in which all is well, but for what is given."""
    reads = measured(20_000, 0, 8.0) if reads is None else reads
    writes = measured(9_000, 0, 15.0) if writes is None else writes
    requests, errors = (reads[key] + writes[key] for key in ("requests", "errors"))
    faster = {**reads, "requests": reads["requests"] // 4, "errors": 0}
    faster["corrected_ms"] = {key: value and value / 2 for key, value in reads["corrected_ms"].items()}
    operations = {
        "getOffer": {"kind": "read", **reads},
        "listRooms": {"kind": "read", **faster},
        "heartbeat": {"kind": "write", **writes},
    }
    found: Record = {
        "type": "load",
        "profile": "steady",
        "title": "Rooms of two, as the objectives ask, people coming and going",
        "decides": ["SLO-1", "SLO-2"],
        "seed": 7,
        "users": {"broadcaster": 50, "viewer": 50, "lurker": 0, "party": 0},
        "seconds": 150.0,
        "measured_s": 120.0,
        "stopped": "",
        "totals": {"requests": requests, "errors": errors, "per_second": requests / 120},
        "reads": reads,
        "writes": writes,
        "operations": operations,
        "faults": [],
        "series_step_s": 1,
        "series": [point(at, steps) for at in range(steps)],
        "generator": {
            "processes": 1,
            "lost": [],
            "cpu": 0.31,
            "full_s": 0,
            "lag_ms": latency(1.0),
            "late_ms": latency(2.0),
            "met_ms": latency(1.0),
            "limit": "",
        },
        "memory": None,
        "objectives": dict(LIMITS),
    }
    return {**copy.deepcopy(found), **others}


def point(at: int, steps: int) -> Record:
    """A second of the series: a warm-up, then waves."""
    wave = 1 + math.sin(at / 4) / 4
    warm = at < steps / 6
    return {
        "s": at,
        "phase": "warm-up" if warm else "steady",
        "users": round(100 * min(1.0, (at + 1) / (steps / 6))),
        "requests": round(240 * wave * min(1.0, (at + 1) / (steps / 6))),
        "errors": 4 if at == steps // 2 else 0,
        "read_p50": round(3 * wave, 2),
        "read_p95": round(8 * wave, 2),
        "write_p50": round(6 * wave, 2),
        "write_p95": round(15 * wave, 2),
        "late_p99": round(2 * wave, 2),
        "lag_p99": round(1 * wave, 2),
        "cpu": round(0.3 * wave, 2),
        "memory_mb": round(80 + at / 30 + wave, 2),
    }
