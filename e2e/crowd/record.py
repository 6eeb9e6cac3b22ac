"""What was measured, as the record of a run log (reports/schemas/peers.schema.json). Pure functions."""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from e2e.crowd.figures import rate, spread
from e2e.crowd.order import Order
from e2e.crowd.room import PARTS, Opened, Spoken
from e2e.crowd.watch import Load
from e2e.crowd.worker import Report
from e2e.turn import Session
from protocol.spec import Spec

TITLE = "Rooms of two headless peers that chat through a TURN server"
FAULTS = 20  # that are told: the most frequent
KEPT = 3  # digits of seconds


@dataclass
class Measured:
    """Seconds of time.perf_counter() where a name ends in `at`; 0 for what did not come to pass."""

    started: float = 0.0
    seconds: float = 0.0
    opening_at: float = 0.0
    opened_at: float = 0.0
    talking_at: float = 0.0
    talked_at: float = 0.0
    stopped: str = ""
    reports: list[Report] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)
    turn_kind: str = "url"
    sessions: list[Session] | None = None

    @property
    def opened(self) -> list[Opened]:
        return [one for report in self.reports for one in report.opened]

    @property
    def spoken(self) -> list[Spoken]:
        return [one for report in self.reports for one in report.spoken]

    @property
    def users(self) -> set[str]:
        """Who had their channel."""
        return {user for one in self.opened if one.open_ms is not None for user in one.users}


def record_of(order: Order, spec: Spec, measured: Measured) -> dict[str, Any]:
    """The record of a run."""
    opened, spoken = measured.opened, measured.spoken
    talking = [report.talking for report in measured.reports if report.talking is not None]
    objectives = spec.policy["objectives"]
    talk_s = max((load.seconds for load in talking), default=0.0)
    requests = sum(report.requests for report in measured.reports)
    return {
        "type": "peers",
        "profile": "peers",
        "title": TITLE,
        "seed": order.seed,
        "users": {"broadcaster": order.rooms, "viewer": order.rooms},
        "seconds": round(measured.seconds, KEPT),
        "measured_s": round(talk_s, KEPT),
        "stopped": measured.stopped,
        "totals": {
            "requests": requests,
            "errors": sum(sum(report.errors.values()) for report in measured.reports),
            "per_second": rate(requests, measured.seconds),
        },
        "faults": _faults(measured),
        "generator": {
            "processes": order.workers,
            "lost": measured.lost,
            **_busiest(talking),
            "late_ms": spread(said.late for one in spoken for said in one.messages),
        },
        "objectives": {name: objectives[name] for name in ("rooms", "message_p50_ms")},
        "peers": {
            "library": f"aiortc {importlib.metadata.version('aiortc')}",
            "rooms": _rooms(order, opened, spoken),
            "opening": _opening(order, measured),
            "messages": _messages(order, spoken, talk_s),
            "relay": _relay(measured),
        },
    }


def _rooms(order: Order, opened: Iterable[Opened], spoken: Iterable[Spoken]) -> dict[str, int]:
    whole = 2 * order.messages
    carried = [
        one
        for one in spoken
        if len(one.messages) == whole and all(said.took is not None for said in one.messages)
    ]
    return {
        "asked": order.rooms,
        "opened": sum(not one.fault for one in opened),
        "carried": len(carried),
        "open_at_end": sum(one.open_at_end for one in spoken),
    }


def _opening(order: Order, measured: Measured) -> dict[str, Any]:
    good = [one for one in measured.opened if one.open_ms is not None]
    loads = [report.opening for report in measured.reports if report.opening is not None]
    seconds = max(0.0, (measured.opened_at or measured.started) - measured.opening_at)
    return {
        "seconds": round(seconds, KEPT),
        "asked_per_second": order.per_second,
        "per_second": rate(len(good), seconds),
        "ms": spread(one.open_ms for one in good if one.open_ms is not None),
        "parts_ms": {name: spread(one.parts_ms[name] for one in good) for name in PARTS},
        "first_message_ms": spread(one.first_ms for one in good if one.first_ms is not None),
        "late_ms": spread(one.late for one in measured.opened),
        **_busiest(loads),
    }


def _messages(order: Order, spoken: list[Spoken], seconds: float) -> dict[str, Any]:
    said = [one for room in spoken for one in room.messages]
    arrived = [one for one in said if one.took is not None]
    return {
        "each": order.messages,
        "every_s": order.every_s,
        "sent": len(said),
        "arrived": len(arrived),
        "per_second": rate(len(said), seconds),
        "ms": spread(one.took for one in arrived if one.took is not None),
        "corrected_ms": spread(
            one.took_since_intended for one in arrived if one.took_since_intended is not None
        ),
    }


def _busiest(loads: Iterable[Load]) -> dict[str, Any]:
    """Of the busiest process, and why it was the limit, if it was."""
    found = list(loads)
    if not found:
        return {"cpu": 0.0, "lag_ms": spread(()), "limit": ""}
    most = max(found, key=lambda load: load.cpu)
    late = max(found, key=lambda load: load.lag_ms["p95"] or 0.0)
    limit = next((load.limit for load in (most, late, *found) if load.limit), "")
    return {"cpu": round(most.cpu, KEPT), "lag_ms": late.lag_ms, "limit": limit}


def _relay(measured: Measured) -> dict[str, Any] | None:
    """What the TURN server itself counted; None where it is not ours to ask. `relayed_bytes` is what went
    through it from peer to peer, under DTLS, without what STUN and TURN add.
    """
    if measured.sessions is None:
        return None
    users = measured.users
    relayed: Counter[str] = Counter()
    for session in measured.sessions:
        relayed[session.user] += session.relayed_bytes
    return {
        "kind": measured.turn_kind,
        "users": len(users),
        "allocations": len(measured.sessions),
        "relayed_users": sum(relayed[user] > 0 for user in users),
        "relayed_bytes": sum(relayed.values()),
        "client_bytes": sum(session.total_bytes for session in measured.sessions),
    }


def _faults(measured: Measured) -> list[dict[str, Any]]:
    """Equal ones counted together, the most frequent first."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    first: dict[tuple[str, str, str, str], float] = {}

    def add(stage: str, operation: str, fault: str, requirement: str, count: int, at: float) -> None:
        key = (stage, operation, fault, requirement)
        counts[key] += count
        first[key] = min(at, first.get(key, at))

    for one in measured.opened:
        if one.fault:
            add(one.stage or "signaling", one.operation, one.fault, one.requirement, 1, one.at)
    for spoken in measured.spoken:
        if spoken.fault:
            add("message", "", spoken.fault, "", 1, measured.talking_at)
    for report in measured.reports:
        for (operation, fault), count in report.errors.items():
            add("signaling", operation, fault, "", count, report.first_error_at[operation, fault])
    return [
        {
            "stage": key[0],
            "operation": key[1],
            "fault": key[2],
            "requirement": key[3],
            "count": count,
            "first_s": round(max(0.0, first[key] - measured.started), 1),
        }
        for key, count in counts.most_common(FAULTS)
    ]
