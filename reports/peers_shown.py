"""What a crowd of peers found: its page, its summary on a terminal, its exit code. From the run log alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from reports import pages, terminal
from reports.evidence import plain
from reports.load import FILTERS, NOTHING_DECIDED
from reports.runlog import RunLog
from reports.verdicts import Verdict


def exit_code(log: RunLog) -> int:
    """0 every room was carried; 1 not every one, or a MUST was seen broken; 2 nothing was decided."""
    found = {verdict["verdict"] for verdict in log.verdicts}
    if Verdict.FAIL in found:
        return 1
    return 0 if found == {Verdict.PASS} else NOTHING_DECIDED


def write(log: RunLog, folder: Path) -> Path:
    """index.html, which loads nothing and runs nothing."""
    values = {"header": log.header, "footer": log.footer, "crowds": log.crowds, "verdicts": log.verdicts}
    return pages.write(pages.render("peers.html", FILTERS, **values), folder)


def show(log: RunLog, console: Console) -> None:
    """The summary on a terminal."""
    console.print(terminal.headline(log.header["suite"]["version"], log.header["target"]))
    for record in log.crowds:
        for line in summary(record):
            console.print(Text(line))
    console.print()
    for verdict in log.verdicts:
        style = terminal.STYLES[Verdict(verdict["verdict"])]
        told = plain(verdict["reason"] or verdict["note"])
        console.print(Text(f"{verdict['requirement']:<8}", "bold"), Text(verdict["verdict"], style), told)


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
    lines += [f"limit        {plain(limit)}" for limit in dict.fromkeys(limits) if limit]
    for one in record["faults"]:
        lines.append(
            f"fault        {one['count']} x {plain(one['operation']) or 'peers'}: {plain(one['fault'])}"
        )
    return lines


def _spread(spread: Mapping[str, float | None]) -> str:
    return f"p50 {_ms(spread['p50'])}, p95 {_ms(spread['p95'])}, max {_ms(spread['max'])}"


def _ms(value: float | None) -> str:
    return f"{value:.1f} ms" if value is not None else "none"
