"""What getStats() of a connection says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def relayed(stats: Mapping[str, Any]) -> tuple[str, str] | None:
    """The candidate types of the selected pair, local and remote, of one connection's getStats(); None
    without one (W3C webrtc-stats: RTCTransportStats.selectedCandidatePairId).
    """
    by_id = {one["id"]: one for one in stats["reports"]}
    pairs = [
        by_id.get(one["selectedCandidatePairId"])
        for one in stats["reports"]
        if one["type"] == "transport" and "selectedCandidatePairId" in one
    ]
    for pair in pairs:
        if pair is not None:
            ends = (by_id.get(pair["localCandidateId"], {}), by_id.get(pair["remoteCandidateId"], {}))
            return str(ends[0].get("candidateType")), str(ends[1].get("candidateType"))
    return None
