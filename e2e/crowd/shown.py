"""The record of a crowd in a few lines, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def summary(record: Mapping[str, Any]) -> list[str]:
    """One line a subject."""
    peers, generator = record["peers"], record["generator"]
    rooms, opening_, messages = peers["rooms"], peers["opening"], peers["messages"]
    lines = [
        f"rooms        {rooms['opened']} of {rooms['asked']} opened, {rooms['carried']} carried all messages",
        f"opening      {opening_['per_second']:g} a second; {_spread(opening_['ms'])}",
    ]
    lines += [f"  {name:<11}{_spread(one)}" for name, one in opening_["parts_ms"].items()]
    lines.append(
        f"messages     {messages['arrived']} of {messages['sent']} arrived; {_spread(messages['ms'])}"
    )
    relay = peers["relay"]
    if relay is not None:
        lines.append(
            f"relay        {relay['relayed_users']} of {relay['users']} people relayed "
            f"{relay['relayed_bytes']} bytes"
        )
    lines.append(
        f"generator    {generator['processes']} processes; {generator['cpu']:.0%} of a core, "
        f"woke up {_ms(generator['lag_ms']['p95'])} late at p95"
    )
    limits = (opening_["limit"], generator["limit"])
    lines += [f"limit        {limit}" for limit in dict.fromkeys(limits) if limit]
    for one in record["faults"]:
        lines.append(f"fault        {one['count']} x {one['operation'] or 'peers'}: {one['fault']}")
    return lines


def _spread(spread: Mapping[str, float | None]) -> str:
    return f"p50 {_ms(spread['p50'])}, p95 {_ms(spread['p95'])}, max {_ms(spread['max'])}"


def _ms(value: float | None) -> str:
    return f"{value:.1f} ms" if value is not None else "none"
