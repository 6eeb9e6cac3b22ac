"""What a crowd of peers says of SLO-3: were as many rooms at once carried as the objective asks? Pure.

A fail must be the target's: where our own processes, or a TURN server of our own, were the limit, it is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.evidence import plain
from reports.runlog import Cause, Record, verdict_record
from reports.verdicts import Verdict

REQUIREMENT = "SLO-3"
CHECK = "crowd.peers"
OURS = ("container", "process")  # kinds of TURN servers that the run started itself


@dataclass(frozen=True)
class Carried:
    """`reason` is why it is no pass; `note` are the figures."""

    verdict: Verdict
    reason: str
    note: str
    cause: Cause | None = None


def carried(record: Mapping[str, Any]) -> Carried:
    """The verdict of a record of reports/schemas/peers.schema.json."""
    peers, generator = record["peers"], record["generator"]
    rooms, opening, messages = peers["rooms"], peers["opening"], peers["messages"]
    wanted = int(record["objectives"]["rooms"])
    note = f"measured: {_figures(rooms, opening, messages)}"

    def found(verdict: Verdict, reason: str = "", cause: Cause | None = None) -> Carried:
        return Carried(verdict, reason, note, cause)

    if record["stopped"]:
        return found(Verdict.NOT_RUN, f"the run ended early: {plain(record['stopped'])}", "stopped")
    if generator["lost"]:
        first = generator["lost"][0]
        return found(
            Verdict.NOT_RUN,
            f"a process of ours with {first['users']} peers was lost: {plain(first['why'])}",
            "tools",
        )
    if generator["limit"]:
        return found(Verdict.NOT_RUN, plain(generator["limit"]), "tools")
    whole = rooms["carried"] == rooms["asked"] or rooms["carried"] >= wanted
    if not whole and opening["limit"]:
        return found(Verdict.NOT_RUN, f"while rooms were opened, {plain(opening['limit'])}", "tools")
    if whole and not _relayed(peers["relay"]):
        told = "the TURN server did not count bytes of everybody: it was not (only) this one that relayed"
        return found(Verdict.INCONCLUSIVE, told)
    if whole and rooms["asked"] < wanted:
        told = f"{rooms['asked']} rooms were opened, the objective is {wanted}: ask for more rooms"
        return found(Verdict.NOT_RUN, told, "elsewhere")
    if whole:
        return found(Verdict.PASS)
    faults = record["faults"]
    why = f": {_fault(faults[0])}" if faults else ""
    relay = peers["relay"]
    if relay is not None and relay["kind"] in OURS and faults and faults[0]["stage"] == "turn":
        told = f"the TURN server of the run would not relay{why}"
        return found(Verdict.INCONCLUSIVE, told)
    told = f"{rooms['carried']} of {rooms['asked']} rooms had all their messages{why}"
    return found(Verdict.FAIL, told)


def verdict(record: Mapping[str, Any]) -> Record:
    """The same as a record of the run log."""
    judged = carried(record)
    return verdict_record(
        REQUIREMENT,
        CHECK,
        judged.verdict,
        judged.reason,
        seconds=record["seconds"],
        note=judged.note,
        cause=judged.cause,
    )


def _relayed(relay: Mapping[str, Any] | None) -> bool:
    """Whether everybody's messages went through the TURN server, as far as it can be asked."""
    return relay is None or relay["relayed_users"] == relay["users"]


def _figures(rooms: Mapping[str, Any], opening: Mapping[str, Any], messages: Mapping[str, Any]) -> str:
    told = f"{rooms['carried']} of {rooms['asked']} rooms"
    if opening["ms"]["p95"] is not None:
        told += (
            f", opened {opening['per_second']:g} a second, each within {opening['ms']['p95']:.0f} ms at p95"
        )
    if messages["ms"]["p95"] is not None:
        told += (
            f"; {messages['arrived']} of {messages['sent']} messages, p50 {messages['ms']['p50']:.1f} ms, "
            f"p95 {messages['ms']['p95']:.1f} ms"
        )
    return told


def _fault(fault: Mapping[str, Any]) -> str:
    where = f"{plain(fault['operation'])}: " if fault["operation"] else ""
    named = f" ({plain(fault['requirement'])})" if fault["requirement"] else ""
    times = "once" if fault["count"] == 1 else f"{fault['count']} times"
    return f"{times}, {where}{plain(fault['fault'])}{named}"
