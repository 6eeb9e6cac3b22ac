"""What an attack found: attack.json, a page, a folder of scripts, and the summary on a terminal.

All of it is made from the result alone (schemas/attack.schema.json).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import pages, terminal
from reports.evidence import plain

Result = dict[str, Any]
FILE, SCRIPTS = "attack.json", "findings"
FORMS = {"conversation": "conversation.txt", "curl": "curl.sh", "test": "test_finding.py"}
SHOWN = 12  # findings told whole on a terminal
STEPS = 14  # lines of a conversation there
NOTHING_DECIDED, OUR_ERROR = 2, 3


def exit_code(result: Result) -> int:
    """0 nothing found but what is a SHOULD or known; 1 a MUST, or what no requirement covers; 2 it was
    stopped, an operation was never reached, or a method tried nothing; 3 a method of ours failed.
    """
    if any(serious(finding) for finding in result["findings"]):
        return 1
    if any(method["error"] for method in result["methods"]):
        return OUR_ERROR
    if result["stopped"] or result["shallow"] or idle(result):
        return NOTHING_DECIDED
    return 0


def idle(result: Result) -> list[str]:
    """The methods that were chosen and tried nothing."""
    return [method["name"] for method in result["methods"] if not method["cases"]]


def serious(finding: Result) -> bool:
    return finding["level"] in ("MUST", None) and not finding["expected"]


def write(result: Result, folder: Path) -> None:
    """All files. The folder is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, ensure_ascii=True, indent=1)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")
    for finding in result["findings"]:
        place = folder / SCRIPTS / slug(finding)
        place.mkdir(parents=True, exist_ok=True)
        for key, name in FORMS.items():
            (place / name).write_text(finding[key], encoding="utf-8", errors="backslashreplace")
        replay = {"method": finding["method"], "seed": result["seed"], "replay": finding["replay"]}
        (place / "replay.json").write_text(json.dumps(replay, indent=1) + "\n", encoding="utf-8")
    pages.write(page(result), folder)


def slug(finding: Result) -> str:
    """The name of a finding's folder, e.g. `01-MBOX-2-getOffer`."""
    words = f"{finding['number']:02d}-{finding['requirement'] or 'other'}-{finding['operation']}"
    return re.sub(r"[^A-Za-z0-9-]+", "-", words).strip("-")


def page(result: Result) -> str:
    operations = sorted({name for method in result["methods"] for name in method["accepted"]})
    return pages.render("attack.html", result=result, counts=counted(result), operations=operations)


def counted(result: Result) -> str:
    """E.g. `2 MUST, 1 SHOULD`."""
    levels = Counter(finding["level"] or "other" for finding in result["findings"])
    return ", ".join(f"{count} {level}" for level, count in sorted(levels.items()))


def show(result: Result, console: Console, folder: Path) -> None:
    """The summary on a terminal."""
    console.print(terminal.headline(result["suite"]["version"], result["target"]))
    clock = f"{result['clock']} time"
    line = f"attacked for {result['seconds']:g} s  seed {result['seed']}  {clock}"
    console.print(Text(line, "dim"))
    for finding in result["findings"][:SHOWN]:
        _show_finding(finding, console, folder)
    more = result["findings"][SHOWN:]
    if more:
        console.print()
        for finding in more:
            title = f"  {finding['requirement'] or 'other':10} {finding['method']}: {plain(finding['what'])}"
            console.print(Text(title))
    _show_methods(result, console)
    if result["shallow"]:
        names = ", ".join(result["shallow"])
        told = f"Shallow: nobody signed in was ever answered 200 by {names}. Of these nothing is said."
        console.print(Text(told, "yellow"))
    if result["untried"]:
        console.print(Text(f"No method tries {', '.join(result['untried'])}.", "dim"))
    if idle(result):
        console.print(Text(f"Nothing was tried by {', '.join(idle(result))}.", "yellow"))
    for method in result["methods"]:
        if method["error"]:
            console.print(Text(f"{method['name']} failed (ours): {plain(method['error'])}", "bold magenta"))
    if result["stopped"]:
        console.print(Text(f"The attack was stopped: {plain(result['stopped'])}", "bold red"))
    found = len(result["findings"])
    if found:
        console.print(Text(f"{found} finding{'s' if found > 1 else ''}: {counted(result)}", "bold red"))
    else:
        console.print(Text("Nothing was found.", "yellow" if exit_code(result) else "green"))


def _show_finding(finding: Result, console: Console, folder: Path) -> None:
    console.print()
    title = Text.assemble((f"{finding['requirement'] or 'other'}  {finding['level'] or ''}  ", "bold"))
    title.append("known" if finding["expected"] else "found", "cyan" if finding["expected"] else "bold red")
    title.append(f"  {finding['sentence'] or 'no requirement says so, and yet'}")
    console.print(title)
    console.print(Text(f"  {finding['method']}: {plain(finding['what'])}"))
    lines = plain(finding["conversation"]).rstrip().splitlines()
    steps, last = lines[:-2], lines[-2:]
    if len(steps) > STEPS:
        steps = [f"    … {len(steps) - STEPS} lines more …", *steps[-STEPS:]]
    for step in steps:
        console.print(Text(f"    {step}", "dim"), overflow="ellipsis", no_wrap=True)
    for line, style in zip(last, ("green", "red"), strict=True):
        console.print(Text(f" {line}", style))
    again = (
        f"; tried again, it came {finding['again']} of {finding['tried']} times" if finding["tried"] else ""
    )
    console.print(Text(f"    found   after {finding['after_s']:g} s{again}", "dim"))
    place = folder / SCRIPTS / slug(finding)
    console.print(Text(f"    script  {place}/ ({', '.join(FORMS.values())})", "dim"), soft_wrap=True)


def _show_methods(result: Result, console: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("method")
    for name in ("seconds", "cases", "requests", "found"):
        table.add_column(name, justify="right")
    table.add_column("", overflow="fold")
    for method in result["methods"]:
        found = sum(finding["method"] == method["name"] for finding in result["findings"])
        table.add_row(
            method["name"],
            f"{method['seconds']:g}",
            f"{method['cases']:,}",
            f"{method['requests']:,}",
            str(found),
            Text(plain("; ".join(method["notes"])), "dim"),
        )
    console.print()
    console.print(table)
